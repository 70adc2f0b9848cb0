import * as z from 'zod'
import { type EvaluateResponse, EvaluatorError } from '../../protocol/index.ts'

/** The few fields that decide what happens to a call. Every other field travels along unread. */
const answerSchema = z.looseObject({
  request_id: z.string().min(1).optional(),
  recommendation: z.string().optional(),
  enforcement_mode: z.string().optional(),
  enforced_verdict: z.string().nullish(),
  result: z.string().optional(),
  allowed: z.boolean().optional(),
  requires_approval: z.boolean().optional(),
  human_review: z.boolean().optional(),
  blocked_by: z.string().nullish(),
  repeated: z.boolean().optional(),
  effect: z.looseObject({ effect_id: z.string(), claimed: z.boolean(), state: z.string() }).optional(),
})

/** An evaluator's answer, checked only where the guard leans on it: evaluators other than ours may leave the rest out. */
export type EvaluatorAnswer = z.infer<typeof answerSchema> & Partial<EvaluateResponse>

/**
 * Reads an answer.
 *
 * @throws EvaluatorError (`evaluator_answer_invalid`) naming the field, if it is not an answer at all or gives no verdict.
 */
export function parseEvaluatorAnswer(answer: unknown): EvaluatorAnswer {
  const parsed = answerSchema.safeParse(answer)
  if (!parsed.success) {
    const issue = parsed.error.issues[0]
    const field = issue?.path.map(String).join('.') || 'answer'
    throw new EvaluatorError('answer_invalid', `the evaluator's answer cannot be used; ${field}: ${issue?.message}`)
  }
  const { recommendation, result, allowed, enforced_verdict } = parsed.data
  if (!recommendation && result === undefined && allowed === undefined && !enforced_verdict)
    throw new EvaluatorError('answer_invalid', "the evaluator's answer holds neither a recommendation nor a verdict")
  // The fields that matter were checked above; the others keep the protocol's type, all optional.
  return parsed.data as EvaluatorAnswer
}
