import { mix } from '../math/hash.ts'
import type { RunWords } from './action-facts.ts'
import type { ArgumentSummary } from './argument-tokens.ts'
import type { CallView } from './call-view.ts'
import type { ProvenanceSummary } from './provenance-tokens.ts'
import type { TaintSummary } from './sequence-tokens.ts'

/** What counters count by, in order, each with the context whose estimate its outcomes are compared with; null: the base rate. */
export const COUNTER_CONTEXTS = [
  { name: 'action', parent: null },
  { name: 'actor', parent: null },
  { name: 'domain', parent: 'action' },
  { name: 'action_actor', parent: 'action' },
  { name: 'action_target', parent: 'action' },
  { name: 'target', parent: null },
  { name: 'value', parent: 'action' },
  { name: 'provenance', parent: 'action' },
  { name: 'taint', parent: null },
  { name: 'instructions', parent: 'action' },
  { name: 'previous_action', parent: 'action' },
  { name: 'previous_actions', parent: 'previous_action' },
  { name: 'step', parent: 'action' },
  { name: 'errors', parent: 'action' },
  { name: 'actor_domain', parent: 'actor' },
  { name: 'action_request', parent: 'action' },
  { name: 'arguments', parent: 'action' },
  { name: 'earlier_actions', parent: 'action' },
  { name: 'actor_target', parent: 'action_target' },
  { name: 'request', parent: null },
] as const
export type CounterContext = (typeof COUNTER_CONTEXTS)[number]['name']

/** Place of each context's parent in {@link COUNTER_CONTEXTS}; -1 is the base rate. */
export const PARENT_INDEX: Int8Array = Int8Array.from(COUNTER_CONTEXTS, ({ parent }) =>
  COUNTER_CONTEXTS.findIndex(({ name }) => name === parent),
)

interface Parts {
  readonly view: CallView
  readonly value: { readonly valueBand: number }
  readonly provenance: ProvenanceSummary
  readonly taint: TaintSummary
  readonly found: ArgumentSummary
  readonly words: RunWords
}

/** One hash a context. */
export function counterContexts({ view, value, provenance, taint, found, words }: Parts): Uint32Array {
  const { action, actor, domain, target, previous } = view
  const source = mix(mix(provenance.class, view.mutating), taint.level)
  return Uint32Array.of(
    context(1, action),
    context(2, actor),
    context(3, domain, action),
    context(4, action, actor),
    context(5, action, target),
    context(6, target),
    context(7, action, value.valueBand),
    context(8, action, provenance.signature),
    context(9, source),
    context(10, action, taint.level, taint.instructions),
    context(11, action, previous),
    context(12, action, previous, view.previousButOne),
    context(13, action, view.step),
    context(14, action, Math.min(3, view.errors)),
    context(15, actor, domain),
    context(16, action, words.userText),
    context(17, action, found.digest),
    context(18, action, words.actionBag),
    context(19, action, actor, target),
    context(20, words.userText),
  )
}

function context(seed: number, a: number, b: number = 0, c: number = 0): number {
  return mix(mix(mix(seed, a), b), c)
}
