import { mix } from '../math/hash.ts'
import type { RunFacts } from './action-facts.ts'
import type { ArgumentSummary } from './argument-tokens.ts'
import type { CallView } from './call-view.ts'
import type { ProvenanceSummary } from './provenance-tokens.ts'
import type { TokenList } from './token-list.ts'
import { TOKEN } from './token-names.ts'

/** A value from an output with a strong marker counts above every wording. */
const STRONG = 4
/** The taint of the trajectory book that stands for a strong marker. */
const STRONG_LEVEL = 3

/** How much a call has to do with instruction-like text in tool outputs. */
export interface TaintSummary {
  /** 0–3 by the wording around its values, and 4 more if a strong marker stands beside them. */
  readonly level: number
  /** log2 of the instruction-like words seen in the run so far, 0–4. */
  readonly instructions: number
}

export function addTaintTokens(
  run: RunFacts,
  call: CallView,
  found: ArgumentSummary,
  provenance: ProvenanceSummary,
  tokens: TokenList,
): TaintSummary {
  const [wording, isStrong] = run.texts ? [found.taint, found.isStrong] : [run.taint, run.taint === STRONG_LEVEL]
  const level = wording + (isStrong ? STRONG : 0)
  const instructions = Math.min(4, Math.floor(Math.log2(1 + run.instructionHits)))
  tokens.begin('taint')
  tokens.addCrossed(mix(TOKEN.taint, level))
  tokens.addCrossed(mix(TOKEN.instructions, instructions))
  tokens.add(mix(TOKEN.strongOutputs, Math.min(2, run.words.strongOutputs)))
  tokens.add(mix(mix(provenance.class, call.mutating), level + 500))
  return { level, instructions }
}

/** Tokens of where in its run a call stands. */
export function addSequenceTokens(run: RunFacts, call: CallView, tokens: TokenList): void {
  tokens.begin('sequence')
  tokens.addCrossed(call.previous)
  tokens.add(mix(call.previousButOne, mix(call.previous, call.action)))
  tokens.addCrossed(mix(TOKEN.step, Math.min(call.step, 12)))
  tokens.addCrossed(mix(TOKEN.errors, Math.min(call.errors, 3)))
  tokens.addCrossed(mix(TOKEN.repeats, Math.min(3, run.repeats)))
  tokens.add(mix(call.actor, call.previous))
  tokens.add(mix(call.domain, call.previous))
  tokens.add(mix(run.words.lastMutating ? TOKEN.afterMutating : TOKEN.afterReading, call.mutating))
}
