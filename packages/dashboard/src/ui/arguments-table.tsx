import type { ProvenanceLabel } from '@bighub/core'
import { inline } from '../words/format.ts'
import { Term } from './term.tsx'

const LABELS: Readonly<Record<ProvenanceLabel, { readonly text: string; readonly tone: string }>> = {
  user: { text: 'user said it', tone: 'good' },
  both: { text: 'user, tool', tone: 'good' },
  tool: { text: 'tool output', tone: 'hold' },
  none: { text: 'seen nowhere', tone: 'mild' },
  mixed: { text: 'mixed', tone: 'mild' },
}

export interface ArgumentsTableProps {
  readonly values: Readonly<Record<string, unknown>>
  readonly provenance?: Readonly<Record<string, ProvenanceLabel>> | undefined
}

/** The proposed arguments, each with where its value was seen before. */
export function ArgumentsTable({ values, provenance = {} }: ArgumentsTableProps) {
  const entries = Object.entries(values)
  if (entries.length === 0) return <p class="quiet">No arguments.</p>
  return (
    <table class="arguments">
      <thead>
        <tr>
          <th scope="col">Argument</th>
          <th scope="col">Value</th>
          <th scope="col">
            <Term is="provenance">Seen before</Term>
          </th>
        </tr>
      </thead>
      <tbody>
        {entries.map(([name, value]) => {
          const label = Object.hasOwn(provenance, name) ? provenance[name] : undefined
          const known = label && LABELS[label]
          return (
            <tr key={name}>
              <th scope="row">{name}</th>
              <td class="value">{inline(value)}</td>
              <td>
                {known ? (
                  <span class={`badge badge-${known.tone}`}>{known.text}</span>
                ) : (
                  <span class="quiet">not tracked</span>
                )}
              </td>
            </tr>
          )
        })}
      </tbody>
    </table>
  )
}
