import type { ApprovalItem, PrecedentReference } from '@bighub/core'

/** A field in which a past call and the proposed one differ. */
export interface Difference {
  readonly name: string
  readonly before: unknown
  readonly now: unknown
}

/** In what a proposed call differs from a past one: actor, target, value, and each argument. */
export function differencesOf(
  item: ApprovalItem,
  precedent: PrecedentReference,
  past: Readonly<Record<string, unknown>>,
): Difference[] {
  const own = item.arguments ?? {}
  const argumentNames = Object.keys(past).length === 0 ? [] : [...new Set([...Object.keys(own), ...Object.keys(past)])]
  const pairs: Difference[] = [
    { name: 'action', before: precedent.action, now: item.action },
    { name: 'actor', before: precedent.actor ?? item.actor, now: item.actor },
    { name: 'target', before: precedent.target ?? null, now: item.target ?? null },
    { name: 'value', before: precedent.value ?? null, now: item.value ?? null },
    ...argumentNames.map((name) => ({ name, before: valueOf(past, name), now: valueOf(own, name) })),
  ]
  // An argument that is also the target or the value would stand there twice.
  const seen = new Set<string>()
  return pairs.filter(({ before, now }) => {
    const pair = JSON.stringify([before ?? null, now ?? null])
    if (JSON.stringify(before ?? null) === JSON.stringify(now ?? null) || seen.has(pair)) return false
    seen.add(pair)
    return true
  })
}

function valueOf(values: Readonly<Record<string, unknown>>, name: string): unknown {
  return Object.hasOwn(values, name) ? values[name] : null
}
