import type { EvaluatorError } from '../../protocol/index.ts'
import type { FailMode, GuardMode, OnCaution } from '../guard-options.ts'
import type { EvaluatorAnswer } from './evaluator-answer.ts'

/** What the guard does with a call, mildest first. */
export type Disposition = 'execute' | 'execute_with_caution' | 'await_approval' | 'block'

/** Which rule led to it. */
export type DispositionCause = 'recommendation' | 'verdict' | 'kill_switch' | 'shadow' | 'fail_open' | 'fail_closed'

export interface ResolvedDisposition {
  readonly disposition: Disposition
  readonly cause: DispositionCause
  /** In shadow: what would have happened. */
  readonly wouldBe?: Disposition
}

export interface DispositionOptions {
  readonly mode: GuardMode | null
  /** Fail mode of the call once a fallback, where there is one, has failed too. */
  readonly failMode: FailMode
  readonly onCaution: OnCaution
}

/** An answer, or the reason why there is none. */
export type EvaluationResult =
  | { readonly answer: EvaluatorAnswer; readonly failure?: undefined }
  | { readonly answer?: undefined; readonly failure: EvaluatorError }

/**
 * What happens to a call, as one pure function of the evaluation and the options (guard.md §2, openai-guard.md §3.3).
 *
 * The answer's own `enforcement_mode` and the guard's `mode` are both resolved and the stricter result stands: nothing
 * lowers a block. In shadow everything runs except under an active kill switch.
 */
export function resolveDisposition(result: EvaluationResult, options: DispositionOptions): ResolvedDisposition {
  if (options.mode === 'shadow') return resolveShadow(result, options)
  if (result.failure) return resolveFailure(options.failMode)
  const answer = result.answer
  const own = resolveUnderMode(answer, answer.enforcement_mode ?? 'advisory', answer.enforced_verdict)
  const asked =
    options.mode === null ? own : resolveUnderMode(answer, options.mode, answer.enforced_verdict ?? answer.result)
  const disposition = applyCaution(stricter(own, asked), answer, options.onCaution)
  if (disposition === 'block' && answer.blocked_by === 'kill_switch') return { disposition, cause: 'kill_switch' }
  const isVerdict = answer.enforcement_mode === 'enforced' || options.mode === 'enforced'
  return { disposition, cause: isVerdict ? 'verdict' : 'recommendation' }
}

function resolveShadow(result: EvaluationResult, options: DispositionOptions): ResolvedDisposition {
  if (result.failure) return { disposition: 'execute', cause: 'shadow' }
  const { disposition: wouldBe } = resolveDisposition(result, { ...options, mode: null })
  if (result.answer.blocked_by === 'kill_switch') return { disposition: 'block', cause: 'kill_switch', wouldBe }
  return { disposition: 'execute', cause: 'shadow', wouldBe }
}

function resolveFailure(failMode: FailMode): ResolvedDisposition {
  return failMode === 'open'
    ? { disposition: 'execute', cause: 'fail_open' }
    : { disposition: 'block', cause: 'fail_closed' }
}

function resolveUnderMode(answer: EvaluatorAnswer, mode: string, verdict: string | null | undefined): Disposition {
  if (mode === 'enforced') return resolveVerdict(verdict)
  if (mode === 'review') return resolveReview(answer.recommendation)
  return resolveAdvisory(answer)
}

function resolveVerdict(verdict: string | null | undefined): Disposition {
  if (verdict === 'allowed' || verdict === 'proceed') return 'execute'
  return verdict === 'requires_approval' ? 'await_approval' : 'block'
}

function resolveReview(recommendation: string | undefined): Disposition {
  if (recommendation === 'do_not_proceed') return 'block'
  return recommendation === 'proceed' ? 'execute' : 'await_approval'
}

function resolveAdvisory(answer: EvaluatorAnswer): Disposition {
  const { recommendation } = answer
  if (recommendation === 'do_not_proceed') return 'block'
  if (recommendation === 'review_recommended')
    return answer.requires_approval || answer.human_review ? 'await_approval' : 'execute'
  if (recommendation) return 'execute'
  if (answer.allowed) return 'execute'
  return answer.result === 'requires_approval' ? 'await_approval' : 'block'
}

function applyCaution(disposition: Disposition, answer: EvaluatorAnswer, onCaution: OnCaution): Disposition {
  if (disposition !== 'execute' || answer.recommendation !== 'proceed_with_caution') return disposition
  if (onCaution === 'review') return 'await_approval'
  return onCaution === 'run_with_note' ? 'execute_with_caution' : 'execute'
}

const STRICTNESS: Readonly<Record<Disposition, number>> = {
  execute: 0,
  execute_with_caution: 1,
  await_approval: 2,
  block: 3,
}

function stricter(a: Disposition, b: Disposition): Disposition {
  return STRICTNESS[a] >= STRICTNESS[b] ? a : b
}
