import type { ActionFacts } from './action-facts.ts'
import type { CallView } from './call-view.ts'
import type { ProvenanceCode, ProvenanceSummary } from './provenance-tokens.ts'
import type { TaintSummary } from './sequence-tokens.ts'
import type { VerbClass } from './verb-class.ts'

/**
 * What can be said of any call whatever it is named, in order; all between 0 and about 1, but for the value. Words of a call's name
 * count by their verb's class alone, so that what is known of these features holds elsewhere too.
 */
export const GENERAL_FEATURES = [
  'changes_something',
  'verb_read',
  'verb_create',
  'verb_update',
  'verb_delete',
  'verb_send',
  'verb_pay',
  'verb_grant',
  'verb_execute',
  'verb_browse',
  'verb_talk',
  // Of calls that change something: where a value was found matters for them, hardly for a look.
  'values_of_tool',
  'values_of_tool_and_user',
  'values_mixed',
  'values_of_user',
  'values_of_user_and_none',
  'values_of_none',
  'taint',
  'strong_taint',
  'tainted_values_of_tool',
  'instructions_seen',
  'strong_outputs_seen',
  // Of every call.
  'errors',
  'many_errors',
  'repeats',
  'refusals',
  'step',
  'first_step',
  'value',
  'target',
  'argument_count',
  'argument_length',
  'after_change',
  'read_only_hint',
  'destructive_hint',
  'idempotent_hint',
  'open_world_hint',
] as const
export type GeneralFeature = (typeof GENERAL_FEATURES)[number]

/** A taint from here on has a strong marker beside it; below, it is 0–3 by the wording. */
const STRONG_TAINT = 4
const MOST_WORDING = 3

const PLACES = Object.fromEntries(GENERAL_FEATURES.map((name, place) => [name, place])) as Readonly<
  Record<GeneralFeature, number>
>
const VERB_PLACES: Readonly<Partial<Record<VerbClass, number>>> = {
  read: PLACES.verb_read,
  create: PLACES.verb_create,
  update: PLACES.verb_update,
  delete: PLACES.verb_delete,
  send: PLACES.verb_send,
  pay: PLACES.verb_pay,
  grant: PLACES.verb_grant,
  execute: PLACES.verb_execute,
  browse: PLACES.verb_browse,
  talk: PLACES.verb_talk,
}
const SOURCE_PLACES: Readonly<Partial<Record<ProvenanceCode, number>>> = {
  T: PLACES.values_of_tool,
  TU: PLACES.values_of_tool_and_user,
  M: PLACES.values_mixed,
  U: PLACES.values_of_user,
  UN: PLACES.values_of_user_and_none,
  N: PLACES.values_of_none,
}

interface Parts {
  readonly view: CallView
  readonly provenance: ProvenanceSummary
  readonly taint: TaintSummary
  readonly found: { readonly count: number; readonly length: number }
  /** z-score of the value in its action, in [-3, 3]. */
  readonly valueScore: number
}

/** The general features of a call, in single precision: as they are kept. */
export function generalFeatures(
  { run, annotations }: Pick<ActionFacts, 'run' | 'annotations'>,
  { view, provenance, taint, found, valueScore }: Parts,
): Float32Array {
  const features = new Float32Array(GENERAL_FEATURES.length)
  const set = (place: number | undefined, value: number): void => {
    if (place !== undefined) features[place] = value
  }
  set(VERB_PLACES[view.name.verb], 1)
  if (view.isMutating) {
    const strong = taint.level >= STRONG_TAINT ? 1 : 0
    set(PLACES.changes_something, 1)
    set(SOURCE_PLACES[provenance.code], 1)
    set(PLACES.taint, (taint.level - STRONG_TAINT * strong) / MOST_WORDING)
    set(PLACES.strong_taint, strong)
    set(PLACES.tainted_values_of_tool, taint.level > 0 && provenance.code === 'T' ? 1 : 0)
    set(PLACES.instructions_seen, taint.instructions / 4)
    set(PLACES.strong_outputs_seen, Math.min(1, run.words.strongOutputs))
  }
  set(PLACES.errors, Math.min(1, run.errors))
  set(PLACES.many_errors, Math.log2(1 + run.errors) / 3)
  set(PLACES.repeats, Math.min(3, run.repeats) / 3)
  set(PLACES.refusals, Math.min(1, run.refusals))
  set(PLACES.step, Math.log2(1 + run.step) / 4)
  set(PLACES.first_step, run.step === 0 ? 1 : 0)
  set(PLACES.value, valueScore / 3)
  set(PLACES.target, view.hasTarget ? 1 : 0)
  set(PLACES.argument_count, Math.log2(1 + found.count) / 3)
  set(PLACES.argument_length, Math.log2(1 + found.length) / 10)
  set(PLACES.after_change, run.words.lastMutating ? 1 : 0)
  set(PLACES.read_only_hint, annotations?.readOnlyHint ? 1 : 0)
  set(PLACES.destructive_hint, annotations?.destructiveHint ? 1 : 0)
  set(PLACES.idempotent_hint, annotations?.idempotentHint ? 1 : 0)
  set(PLACES.open_world_hint, annotations?.openWorldHint ? 1 : 0)
  return features
}
