import type { ApprovalItem, DecisionSummary, PrecedentReference } from '@bighub/core'

/** A field in which a past call and the proposed one differ. */
export interface Difference {
  readonly name: string
  readonly before: unknown
  readonly now: unknown
}

/** What is known of a past call: the reference that stands with the approval and, where it was decided here, the decision. */
export interface PastCall {
  readonly reference: PrecedentReference
  readonly decision?: Pick<DecisionSummary, 'target' | 'value'> | undefined
  readonly arguments: Readonly<Record<string, unknown>>
}

/** In what a proposed call differs from a past one: actor, target, value, and each argument. What is not known does not differ. */
export function differencesOf(item: ApprovalItem, { reference, decision, arguments: past }: PastCall): Difference[] {
  const own = item.arguments ?? {}
  const argumentNames = Object.keys(past).length === 0 ? [] : [...new Set([...Object.keys(own), ...Object.keys(past)])]
  const pairs: Difference[] = [
    { name: 'action', before: reference.action, now: item.action },
    { name: 'actor', before: reference.actor, now: item.actor },
    { name: 'target', before: decision?.target ?? reference.target, now: item.target },
    { name: 'value', before: decision?.value ?? reference.value, now: item.value },
    ...argumentNames.map((name) => ({ name, before: valueOf(past, name), now: valueOf(own, name) })),
  ]
  // An argument that is also the target or the value would stand there twice.
  const seen = new Set<string>()
  return pairs.filter(({ before, now }) => {
    if (before === undefined) return false
    const pair = JSON.stringify([before ?? null, now ?? null])
    if (JSON.stringify(before ?? null) === JSON.stringify(now ?? null) || seen.has(pair)) return false
    seen.add(pair)
    return true
  })
}

function valueOf(values: Readonly<Record<string, unknown>>, name: string): unknown {
  return Object.hasOwn(values, name) ? values[name] : null
}
