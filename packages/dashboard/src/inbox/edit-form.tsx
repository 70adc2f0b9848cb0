import type { ApprovalItem } from '@bighub/core'
import { useLayoutEffect, useRef, useState } from 'preact/hooks'
import type { Failure } from '../api/failure.ts'
import { textField } from '../ui/form-fields.ts'
import { FailureNote } from '../ui/page.tsx'

export interface EditFormProps {
  readonly item: ApprovalItem
  readonly isBusy: boolean
  readonly failure: Failure | undefined
  readonly onSend: (values: Readonly<Record<string, unknown>>, comment: string) => void
  readonly onCancel: () => void
}

/** The call with other arguments: judged as a new one, which this answer approves unless it is stricter. */
export function EditForm({ item, isBusy, failure, onSend, onCancel }: EditFormProps) {
  const form = useRef<HTMLFormElement>(null)
  const [fault, setFault] = useState<string | null>(null)
  const values = Object.entries(item.arguments ?? {})
  useLayoutEffect(() => form.current?.querySelector('input')?.focus(), [])
  return (
    <form
      ref={form}
      class="answer"
      onSubmit={(event) => {
        event.preventDefault()
        // The form is the target of its own event.
        const fields = new FormData(event.target as HTMLFormElement)
        try {
          const edited = Object.fromEntries(values.map(([name, before]) => [name, readArgument(fields, name, before)]))
          setFault(null)
          onSend(edited, textField(fields, 'comment:') ?? '')
        } catch (error) {
          setFault((error as Error).message)
        }
      }}
      onKeyDown={(event) => {
        if (event.key !== 'Escape') return
        event.stopPropagation()
        onCancel()
      }}
    >
      <p>
        <strong>Run it with these arguments instead.</strong> They are judged as a new call with a record of its own;
        the present one ends. Your answer approves it unless it turns out stricter.
      </p>
      {values.map(([name, value]) => (
        <label key={name}>
          {name}
          <input
            name={`argument:${name}`}
            defaultValue={typeof value === 'string' ? value : JSON.stringify(value)}
            autocomplete="off"
          />
        </label>
      ))}
      <label>
        Comment, if you like
        <input name="comment:" maxLength={10_000} autocomplete="off" placeholder="Why? The record keeps it." />
      </label>
      {fault && (
        <p class="note note-bad" role="alert">
          {fault}
        </p>
      )}
      {failure && <FailureNote failure={failure} />}
      <div class="answer-line">
        <button type="submit" class="primary" disabled={isBusy}>
          Approve as edited <kbd>Enter</kbd>
        </button>
        <button type="button" onClick={onCancel}>
          Cancel <kbd>Esc</kbd>
        </button>
      </div>
    </form>
  )
}

/** Text stays text; a number, a list or an object is read as JSON, so that `12` does not become `"12"`. */
function readArgument(fields: FormData, name: string, before: unknown): unknown {
  const text = textField(fields, `argument:${name}`) ?? ''
  if (typeof before === 'string') return text
  try {
    return JSON.parse(text) as unknown
  } catch {
    throw new Error(
      `${name} was ${JSON.stringify(before)}; ${text === '' ? 'nothing' : JSON.stringify(text)} cannot be read as such a value`,
    )
  }
}
