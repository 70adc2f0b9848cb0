import type { ApprovalItem } from '@bighub/core'

/**
 * Whether two held calls may be answered together: the same tool and action by the same actor in the same domain, held for the same
 * reason, with the same arguments by name and by where their values came from. Only values and targets may differ; those are shown.
 */
export function isLike(a: ApprovalItem, b: ApprovalItem): boolean {
  return (
    a.action === b.action &&
    (a.tool ?? null) === (b.tool ?? null) &&
    a.actor === b.actor &&
    (a.domain ?? null) === (b.domain ?? null) &&
    (a.rule_id ?? null) === (b.rule_id ?? null) &&
    namesOf(a) === namesOf(b) &&
    originsOf(a) === originsOf(b)
  )
}

function namesOf({ arguments: values = {} }: ApprovalItem): string {
  return Object.keys(values).toSorted().join('\n')
}

function originsOf({ provenance = {} }: ApprovalItem): string {
  return Object.entries(provenance)
    .map(([name, label]) => `${name} ${label}`)
    .toSorted()
    .join('\n')
}
