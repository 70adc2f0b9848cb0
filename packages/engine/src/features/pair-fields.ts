import { mix } from '../math/hash.ts'
import type { CallView } from './call-view.ts'
import type { ProvenanceSummary } from './provenance-tokens.ts'
import type { TaintSummary } from './sequence-tokens.ts'
import { TOKEN } from './token-names.ts'

/** Most fields that are paired; fewer than this many, and the situation of the call is paired with them. */
const MAX_FIELDS = 24
const FEW_FIELDS = 3

/** The coarse hashes whose pairs are features: of fields with each other, actor, target and action, or of the situation. */
export function pairFields(
  fields: readonly number[],
  view: CallView,
  provenance: ProvenanceSummary,
  taint: TaintSummary,
): Uint32Array {
  const own = fields.slice(0, MAX_FIELDS)
  if (own.length >= FEW_FIELDS) return Uint32Array.of(...own, view.actor, view.target, view.action)
  return Uint32Array.of(
    ...own,
    view.target,
    view.actor,
    provenance.class,
    mix(TOKEN.taint, taint.level),
    mix(TOKEN.step, Math.min(view.step, 6)),
    view.previous,
    mix(TOKEN.errors, Math.min(3, view.errors)),
    view.name.verbHash,
  )
}
