import type { ApprovalItem } from '@bighub/core'
import { useState } from 'preact/hooks'
import { useClient } from '../api/api-context.ts'
import { useAction } from '../api/use-action.ts'
import { announce } from '../ui/announcer.tsx'
import { Facts } from '../ui/facts.tsx'
import { Term } from '../ui/term.tsx'
import { amount, inline, percent } from '../words/format.ts'
import { AnswerForm, type Intent } from './answer-form.tsx'
import { useKeys } from './use-keys.ts'

/** Answers that are under way at once. */
const AT_ONCE = 4

export interface BatchAnswerProps {
  /** Calls that are like each other, all pending. */
  readonly items: readonly ApprovalItem[]
  readonly onAnswered: (item: ApprovalItem) => void
  readonly onClose: () => void
}

/** One answer for several like calls: each still gets a record of its own, for exactly its arguments. */
export function BatchAnswer({ items, onAnswered, onClose }: BatchAnswerProps) {
  const client = useClient()
  const [intent, setIntent] = useState<Intent | null>(null)
  const send = useAction(async (resolution: Intent, comment: string) => {
    const waiting = [...items]
    const work = async (): Promise<void> => {
      for (let item = waiting.shift(); item; item = waiting.shift())
        onAnswered(await client.approvals.resolve(item.request_id, { resolution, ...(comment ? { comment } : {}) }))
    }
    await Promise.all(Array.from({ length: AT_ONCE }, work))
    announce(`${items.length} calls ${resolution}.`)
    onClose()
  })
  useKeys({ a: () => setIntent('approved'), d: () => setIntent('denied') })

  const [first] = items
  const risks = items.map(({ risk_score }) => risk_score)
  const values = items.flatMap(({ value }) => (value == null ? [] : [value]))
  const names = Object.keys(first?.arguments ?? {})
  return (
    <article class="card" aria-label="Batch">
      <h2>
        {items.length} × {first?.tool ?? first?.action}
      </h2>
      <p class="quiet">Same tool, actor, domain, reason and origin of every argument. Only these values differ.</p>
      <Facts
        of={[
          [<Term is="risk">Risk</Term>, `${percent(Math.min(...risks))} to ${percent(Math.max(...risks))}`],
          [
            <Term is="stake">At stake in all</Term>,
            values.length === 0 ? '–' : amount(values.reduce((sum, value) => sum + value, 0)),
          ],
          ['Actor', first?.actor],
        ]}
      />
      <div class="scroll" tabIndex={0} role="region" aria-label="Calls of the batch">
        <table>
          <thead>
            <tr>
              {names.map((name) => (
                <th key={name} scope="col">
                  {name}
                </th>
              ))}
              <th scope="col">Risk</th>
            </tr>
          </thead>
          <tbody>
            {items.map((item) => (
              <tr key={item.request_id}>
                {names.map((name) => (
                  <td key={name} class="value">
                    {inline(item.arguments?.[name])}
                  </td>
                ))}
                <td class="number">{percent(item.risk_score)}</td>
              </tr>
            ))}
          </tbody>
        </table>
      </div>
      {intent === null ? (
        <div class="answer-line">
          <button type="button" class="primary" onClick={() => setIntent('approved')}>
            Approve all <kbd>a</kbd>
          </button>
          <button type="button" class="danger" onClick={() => setIntent('denied')}>
            Deny all <kbd>d</kbd>
          </button>
          <button type="button" onClick={onClose}>
            Leave <kbd>Esc</kbd>
          </button>
        </div>
      ) : (
        <AnswerForm
          intent={intent}
          what={`${items.length} calls`}
          isBusy={send.isBusy}
          failure={send.failure}
          onSend={(comment) => void send.start(intent, comment)}
          onCancel={() => setIntent(null)}
        />
      )}
    </article>
  )
}
