import type { Extracted } from '../features/call-features.ts'
import type { ProvenanceCode } from '../features/provenance-tokens.ts'
import type { VerbClass } from '../features/verb-class.ts'
import { clip } from '../math/log-odds.ts'

/**
 * What is assumed of a call before any outcome of its kind is known, in log-odds relative to the base rate. Signs and order
 * are common sense (what cannot be undone or leaves the house is worse than a look); sizes are small, so that a handful of
 * outcomes outweighs them, except where text from outside steers the call: there nothing else is known that could.
 */
const VERB: Readonly<Record<VerbClass, number>> = {
  read: -1.2,
  talk: -0.8,
  browse: -0.8,
  create: 0,
  update: 0.1,
  send: 0.2,
  pay: 0.2,
  grant: 0.3,
  execute: 0.3,
  delete: 0.4,
  unknown: 0,
}
const PROVENANCE: Readonly<Record<ProvenanceCode, number>> = {
  U: -0.4,
  UN: -0.2,
  N: 0,
  '-': 0,
  M: 0.1,
  TU: 0.1,
  T: 0.4,
}
const MUTATING = { yes: 0.2, no: -0.6 } as const
const READ_ONLY_HINT = -0.5
const DESTRUCTIVE_HINT = 0.5
/** By taint 0–3, for calls that are not known to be reads. A strong marker counts as the strongest wording. */
const TAINT = [0, 0.5, 1.2, 2.4] as const

/** The prior of a call in log-odds relative to the base rate, in [-3, 3]. */
export function coldStartPrior(
  { view, provenance, taint }: Pick<Extracted['situation'], 'view' | 'provenance' | 'taint'>,
  annotations: { readonly readOnlyHint?: boolean | undefined; readonly destructiveHint?: boolean | undefined } | null,
): number {
  let prior = VERB[view.name.verb]
  prior += view.isMutating ? MUTATING.yes : MUTATING.no
  if (annotations?.readOnlyHint) prior += READ_ONLY_HINT
  if (annotations?.destructiveHint) prior += DESTRUCTIVE_HINT
  // Where a value was found matters for what changes something, hardly for a look.
  const seriousness = view.isMutating ? 1 : 0.3
  prior += PROVENANCE[provenance.code] * seriousness
  prior += (TAINT[Math.min(3, taint.level)] ?? 0) * seriousness
  return clip(prior, -3, 3)
}
