import type { ApprovalItem, PrecedentReference } from '@bighub/core'
import { useClient } from '../api/api-context.ts'
import { useQuery } from '../api/use-query.ts'
import { callOf } from '../decisions/read-decision.ts'
import { href } from '../routing/location.ts'
import { Badge } from '../ui/badge.tsx'
import { Term } from '../ui/term.tsx'
import { Ago } from '../ui/time.tsx'
import { decimals, inline, words } from '../words/format.ts'
import { type Difference, differencesOf } from './differences-of.ts'

/** The most similar call that ended well and the most similar one that ended badly, with what differs. */
export function Precedents({ item }: { readonly item: ApprovalItem }) {
  const { positive, negative } = item.evidence ?? {}
  return (
    <>
      <h3>Most similar calls before</h3>
      {!positive && !negative ? (
        <p class="quiet">No similar call has an outcome yet.</p>
      ) : (
        <div class="precedents">
          <Precedent title="that ended well" precedent={positive ?? null} item={item} />
          <Precedent title="that ended badly" precedent={negative ?? null} item={item} />
        </div>
      )}
    </>
  )
}

interface PrecedentProps {
  readonly title: string
  readonly precedent: PrecedentReference | null
  readonly item: ApprovalItem
}

function Precedent({ title, precedent, item }: PrecedentProps) {
  const client = useClient()
  const id = precedent?.request_id
  // Cases of elsewhere have no decision here; then the reference's own fields are compared.
  const past = useQuery(id ? `precedent ${id}` : null, (signal) => client.decisions.get(id ?? '', { signal }))
  if (!precedent)
    return (
      <div class="precedent">
        <h4>One {title}</h4>
        <p class="quiet">There is none.</p>
      </div>
    )
  const differences = differencesOf(item, {
    reference: precedent,
    decision: past.data,
    arguments: past.data ? (callOf(past.data).arguments ?? {}) : {},
  })
  return (
    <div class="precedent">
      <h4>One {title}</h4>
      <p>
        <a href={href(['decisions', precedent.request_id])}>{precedent.action}</a>{' '}
        <Badge of={precedent.outcome_category} label={words(precedent.outcome_status)} />{' '}
        <span class="quiet">
          <Ago at={precedent.created_at} /> ·{' '}
          <Term is="similarity">similarity {decimals(precedent.similarity, 2)}</Term>
        </span>
      </p>
      <Differences of={differences} />
    </div>
  )
}

function Differences({ of }: { readonly of: readonly Difference[] }) {
  if (of.length === 0) return <p class="quiet">Nothing that is on record differs.</p>
  return (
    <table class="plain differences">
      <thead>
        <tr>
          <th scope="col">Differs</th>
          <th scope="col">Then</th>
          <th scope="col">Now</th>
        </tr>
      </thead>
      <tbody>
        {of.map(({ name, before, now }) => (
          <tr key={name}>
            <th scope="row">{name}</th>
            <td class="value">{inline(before)}</td>
            <td class="value">{inline(now)}</td>
          </tr>
        ))}
      </tbody>
    </table>
  )
}
