import type { ModelView } from '../guard-options.ts'
import type { EvaluatorAnswer } from './evaluator-answer.ts'

/** Why a call did not run. */
export type RefusalKind =
  /** The evaluation, a constraint or a kill switch said no. */
  | 'blocked'
  /** A person said no. */
  | 'denied'
  /** Nobody answered in time. */
  | 'expired'
  /** The run ended or the wait was over before an answer came. */
  | 'cancelled'
  /** Approved, but something changed before it could run. */
  | 'approval_void'
  /** The same call ran, or was started, before. */
  | 'duplicate'
  /** No evaluation could be had and the fail mode is closed. */
  | 'not_evaluated'
  /** The arguments cannot be read, so nobody can judge them. */
  | 'invalid_arguments'

export interface Refusal {
  readonly kind: RefusalKind
  /** For the model: no score, threshold, rule text, path or stack trace unless `modelView` is `full`. */
  readonly message: string
  /** For the operator: what led to it, in words. Never shown to the model. */
  readonly reason: string
  /** The decision's id, where there is one. */
  readonly requestId: string | null
}

const ADVICE: Readonly<Record<RefusalKind, string>> = {
  blocked: 'It was stopped by policy. Do not repeat it unchanged; a smaller step or asking a person may help.',
  denied: 'A person was asked and declined. Do not repeat it; ask what they would accept instead.',
  expired: 'A person has to approve it and nobody answered in time. Ask a person before trying again.',
  cancelled: 'A person has to approve it and no answer came while this run waited. Ask a person before trying again.',
  approval_void: 'It was approved, but the situation changed before it could run. It has to be proposed again.',
  duplicate:
    'This same call was already started before, so it was not started a second time. Do not repeat it; check its effect instead.',
  not_evaluated: 'It could not be checked right now, so it was not started. Try again later or ask a person.',
  invalid_arguments: 'Its arguments could not be read. Propose it again with plain, smaller arguments.',
}

/** The sentence a model reads instead of the tool's result. */
export function refusalMessage(
  tool: string,
  kind: RefusalKind,
  view: ModelView,
  record: { answer: EvaluatorAnswer | null; reason: string },
): string {
  const name = tool.replaceAll(/[^\w .:/-]/g, '').slice(0, 100)
  const sentence = `The tool "${name}" was not executed. ${ADVICE[kind]}`
  if (view === 'safe') return sentence
  return `${sentence}\n${JSON.stringify({ refusal: kind, reason: record.reason, decision: record.answer })}`
}

/** What is added to a result that was run with caution. */
export function cautionNote(answer: EvaluatorAnswer, view: ModelView): string {
  const note =
    'Note: this call was allowed with caution. Verify its effect before you build on it, and prefer smaller, reversible steps next.'
  return view === 'safe' ? note : `${note}\n${JSON.stringify({ decision: answer })}`
}
