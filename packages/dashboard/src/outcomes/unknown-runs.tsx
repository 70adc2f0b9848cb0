import type { Effect } from '@bighub/core'
import { useClient } from '../api/api-context.ts'
import { useAction } from '../api/use-action.ts'
import { useQuery } from '../api/use-query.ts'
import { href } from '../routing/location.ts'
import { announce } from '../ui/announcer.tsx'
import { FailureNote, Section } from '../ui/page.tsx'
import { Term } from '../ui/term.tsx'
import { Ago } from '../ui/time.tsx'

const ANSWERS = [
  ['succeeded', 'It ran'],
  ['failed', 'It failed'],
  ['not_run', 'It never ran'],
] as const

/** Runs whose process died after the claim: presumed neither way until a person looks at the real system. */
export function UnknownRuns() {
  const client = useClient()
  const unknown = useQuery('effects-unknown', (signal) =>
    client.effects.list({ state: 'unknown', limit: 100 }, { signal }),
  )
  const resolve = useAction(async (effect: Effect, state: (typeof ANSWERS)[number][0]) => {
    await client.effects.resolve(effect.effect_id, { state })
    announce('Recorded.')
    unknown.reload()
  })
  const effects = unknown.data?.effects ?? []
  if (effects.length === 0) return null
  return (
    <Section title={<Term is="effect">Runs that nobody knows of</Term>}>
      {resolve.failure && <FailureNote failure={resolve.failure} />}
      <div class="table-panel">
        <table class="stack">
          <tbody>
            {effects.map((effect) => (
              <tr key={effect.effect_id}>
                <td>
                  <a href={href(['decisions', effect.request_id])}>{effect.request_id}</a>
                </td>
                <td>
                  claimed <Ago at={effect.claimed_at} />
                </td>
                <td>
                  <div class="answer-line">
                    {ANSWERS.map(([state, text]) => (
                      <button
                        key={state}
                        type="button"
                        class="small"
                        disabled={resolve.isBusy}
                        onClick={() => void resolve.start(effect, state)}
                      >
                        {text}
                      </button>
                    ))}
                  </div>
                </td>
              </tr>
            ))}
          </tbody>
        </table>
      </div>
    </Section>
  )
}
