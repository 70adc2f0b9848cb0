import { useId, useLayoutEffect, useRef } from 'preact/hooks'
import type { Failure } from '../api/failure.ts'
import { FailureNote } from '../ui/page.tsx'

/** What a person is about to answer. */
export type Intent = 'approved' | 'denied'

export interface AnswerFormProps {
  readonly intent: Intent
  /** What is answered, such as `this call` or `12 calls`. */
  readonly what: string
  readonly isBusy: boolean
  readonly failure: Failure | undefined
  readonly onSend: (comment: string) => void
  readonly onCancel: () => void
}

/** The second half of an answer: a comment, and Enter. One key alone never answers. */
export function AnswerForm({ intent, what, isBusy, failure, onSend, onCancel }: AnswerFormProps) {
  const id = useId()
  const comment = useRef<HTMLInputElement>(null)
  // At once: whoever types on must not have the first letter taken for a key of the inbox.
  useLayoutEffect(() => comment.current?.focus(), [intent])
  const verb = intent === 'approved' ? 'Approve' : 'Deny'
  return (
    <form
      class={`answer answer-${intent}`}
      onSubmit={(event) => {
        event.preventDefault()
        onSend(comment.current?.value.trim() ?? '')
      }}
      onKeyDown={(event) => {
        if (event.key !== 'Escape') return
        event.stopPropagation()
        onCancel()
      }}
    >
      <label for={id}>
        {verb} {what}: comment, if you like
      </label>
      <div class="answer-line">
        <input id={id} ref={comment} maxLength={10_000} autocomplete="off" placeholder="Why? The record keeps it." />
        <button type="submit" class={intent === 'approved' ? 'primary' : 'primary danger'} disabled={isBusy}>
          {verb} {what} <kbd>Enter</kbd>
        </button>
        <button type="button" onClick={onCancel}>
          Cancel <kbd>Esc</kbd>
        </button>
      </div>
      {failure && <FailureNote failure={failure} />}
    </form>
  )
}
