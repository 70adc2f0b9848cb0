import type { BacktestJob } from '@bighub/core'
import type { ComponentChildren } from 'preact'
import { useState } from 'preact/hooks'
import { Section } from '../ui/page.tsx'
import { Term } from '../ui/term.tsx'
import type { DefinitionName } from '../words/definitions.ts'
import { amount, count, words } from '../words/format.ts'

type Result = NonNullable<BacktestJob['result']>
type Side = Result['base']

/** What a person needs for one held call until somebody says otherwise: an assumption, shown as one, as in `bighub backtest`. */
const DEFAULT_MINUTES = 3

const ROWS: readonly {
  readonly is: DefinitionName
  readonly name: string
  readonly read: (side: Side) => number
  readonly write: (value: number) => string
}[] = [
  { is: 'held', name: 'Calls held', read: ({ held }) => held, write: count },
  { is: 'blocked', name: 'Calls blocked', read: ({ blocked }) => blocked, write: count },
  { is: 'harmStopped', name: 'Harm stopped', read: ({ harm_stopped }) => harm_stopped, write: count },
  { is: 'valueStopped', name: 'Money stopped', read: ({ value_stopped }) => value_stopped, write: amount },
  { is: 'goodBlocked', name: 'Good calls blocked', read: ({ good_blocked }) => good_blocked, write: count },
]

/** As it was decided beside what it would have been. */
export function BacktestResult({ result }: { readonly result: Result }) {
  const [minutes, setMinutes] = useState(DEFAULT_MINUTES)
  const { base, changed } = result
  const names = [...new Set([...Object.keys(base.by_recommendation), ...Object.keys(changed.by_recommendation)])]
  return (
    <Section
      title={`${count(result.decisions)} decisions, ${count(result.differing)} of them would have been others`}
      tools={
        <label class="inline">
          Minutes for one held call
          <input
            type="number"
            min="0"
            step="any"
            value={minutes}
            onInput={(event) => setMinutes(Number(event.currentTarget.value))}
          />
        </label>
      }
    >
      <div class="table-panel">
        <table>
          <thead>
            <tr>
              <th scope="col" />
              <th scope="col" class="number">
                As decided
              </th>
              <th scope="col" class="number">
                Would have been
              </th>
              <th scope="col" class="number">
                Difference
              </th>
            </tr>
          </thead>
          <tbody>
            {ROWS.map(({ is, name, read, write }) => (
              <Row
                key={name}
                name={<Term is={is}>{name}</Term>}
                base={read(base)}
                changed={read(changed)}
                write={write}
              />
            ))}
            <Row
              name={<Term is="minutes">Minutes of people</Term>}
              base={base.held * minutes}
              changed={changed.held * minutes}
              write={count}
            />
            {names.map((name) => (
              <Row
                key={name}
                name={<>Advice: {words(name)}</>}
                base={base.by_recommendation[name] ?? 0}
                changed={changed.by_recommendation[name] ?? 0}
                write={count}
              />
            ))}
          </tbody>
        </table>
      </div>
      <p class="hint">
        {count(result.with_outcome)} of these decisions have an outcome; what came of the others is not known.
      </p>
    </Section>
  )
}

interface RowProps {
  readonly name: ComponentChildren
  readonly base: number
  readonly changed: number
  readonly write: (value: number) => string
}

function Row({ name, base, changed, write }: RowProps) {
  const difference = changed - base
  return (
    <tr>
      <th scope="row">{name}</th>
      <td class="number">{write(base)}</td>
      <td class="number">{write(changed)}</td>
      <td class="number">{difference === 0 ? '–' : `${difference > 0 ? '+' : '−'}${write(Math.abs(difference))}`}</td>
    </tr>
  )
}
