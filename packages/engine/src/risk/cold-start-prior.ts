import type { Features, ProvenanceClass } from '../features/extract-features.ts'
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
  create: 0,
  update: 0.1,
  send: 0.2,
  pay: 0.2,
  grant: 0.3,
  execute: 0.3,
  delete: 0.4,
  unknown: 0,
}
const PROVENANCE: Readonly<Record<ProvenanceClass, number>> = {
  user: -0.4,
  none: 0,
  unknown: 0,
  mixed: 0.1,
  tool_and_user: 0.1,
  tool: 0.4,
}
const MUTATING = { yes: 0.2, no: -0.6 } as const
const READ_ONLY_HINT = -0.5
const DESTRUCTIVE_HINT = 0.5
/** By taint 0–3, for calls that are not known to be reads. */
const TAINT = [0, 0.5, 1.2, 2.4] as const

/** The prior of a call in log-odds relative to the base rate, in [-3, 3]. */
export function coldStartPrior(features: Features): number {
  const { verb, mutating, annotations, provenance, taint } = features
  const isRead = mutating === false || annotations.readOnly === true || (mutating === null && verb === 'read')
  let prior = VERB[verb]
  if (mutating !== null) prior += mutating ? MUTATING.yes : MUTATING.no
  if (annotations.readOnly) prior += READ_ONLY_HINT
  if (annotations.destructive) prior += DESTRUCTIVE_HINT
  // Where a value was found matters for what changes something, hardly for a look.
  prior += PROVENANCE[provenance] * (isRead ? 0.3 : 1)
  prior += (TAINT[Math.min(3, taint)] ?? 0) * (isRead ? 0.3 : 1)
  return clip(prior, -3, 3)
}
