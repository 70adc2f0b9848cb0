import type { EvaluateResponse, Evaluator, OutcomeReport } from '@bighub/core'

/** Says `proceed` at once and keeps nothing: what is left is the guard alone. */
export function constantEvaluator(): Evaluator {
  let count = 0
  return {
    async evaluate(request) {
      const requestId = `act_${++count}`
      const effect = { effect_id: `eff_${count}`, claimed: true, state: 'claimed' }
      return {
        request_id: requestId,
        recommendation: 'proceed',
        enforcement_mode: 'advisory',
        risk_score: 0.1,
        requires_approval: false,
        action: request.action,
        effect,
        // The guard leans on no other field.
      } as unknown as EvaluateResponse
    },
    async reportOutcome(report) {
      return { ...report } as unknown as OutcomeReport
    },
  }
}
