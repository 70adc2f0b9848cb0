import { createMemoryLedger, type MemoryLedger } from '../guard/approval/memory-ledger.ts'
import type {
  EvaluateRequest,
  EvaluateResponse,
  Evaluator,
  OutcomeReport,
  OutcomeReportRequest,
  Recommendation,
  RequestOptions,
} from '../protocol/index.ts'

/** What a scripted evaluator answers to one request. */
export type ScriptedAnswer = Recommendation | Partial<EvaluateResponse>

export interface ScriptedEvaluatorOptions {
  /** The answer for each action by name, or a function of the request. @defaultValue `proceed` */
  readonly answers?:
    | Readonly<Record<string, ScriptedAnswer>>
    | ((request: EvaluateRequest) => ScriptedAnswer | Promise<ScriptedAnswer>)
  readonly now?: () => number
}

/** An evaluator for tests that answers from a script, keeps approvals and claims in memory, and remembers what it was told. */
export interface ScriptedEvaluator extends Evaluator, MemoryLedger {
  /** Requests in order. One about a held call that another guard asks again is answered as before and not among them. */
  readonly requests: readonly EvaluateRequest[]
  /** Reported outcomes in order. */
  readonly outcomes: readonly OutcomeReportRequest[]
  /** Settled effects in order: the effect's id and the state. */
  readonly settlements: readonly { effectId: string; state: string }[]
}

/** Creates a {@link ScriptedEvaluator}. Like the engine it opens an approval for `review_recommended` and claims what may run. */
export function createScriptedEvaluator(options: ScriptedEvaluatorOptions = {}): ScriptedEvaluator {
  const now = options.now ?? Date.now
  const ledger = createMemoryLedger(now)
  const requests: EvaluateRequest[] = []
  const outcomes: OutcomeReportRequest[] = []
  const settlements: { effectId: string; state: string }[] = []
  /** Answers about held calls by effect key: another process that asks gets the same. */
  const held = new Map<string, EvaluateResponse>()

  async function script(request: EvaluateRequest): Promise<Partial<EvaluateResponse>> {
    const { answers } = options
    const found =
      typeof answers === 'function'
        ? await answers(request)
        : answers && Object.hasOwn(answers, request.action)
          ? answers[request.action]
          : undefined
    const answer = found ?? 'proceed'
    return typeof answer === 'string' ? { recommendation: answer } : answer
  }

  return {
    ...ledger,
    requests,
    outcomes,
    settlements,

    async evaluate(request: EvaluateRequest, _options?: RequestOptions) {
      const before = held.get(request.context?.call?.effect_key ?? '')
      if (before) return { ...before, repeated: true }
      requests.push(request)
      const requestId = `act_${requests.length}`
      const answer = {
        request_id: requestId,
        enforcement_mode: 'advisory',
        risk_score: 0.1,
        ...(await script(request)),
      }
      const call = request.context?.call
      const isHeld =
        answer.recommendation === 'review_recommended' ||
        (call?.hold_cautions === true && answer.recommendation === 'proceed_with_caution')
      const digest = call?.arguments_digest ?? ''
      if (isHeld && !call?.shadow && !request.dry_run) {
        ledger.open({
          request_id: requestId,
          action: request.action,
          actor: request.actor ?? 'AI_AGENT',
          tool: call?.tool ?? null,
          arguments: call?.arguments,
          risk_score: answer.risk_score,
          reason: 'scripted',
          arguments_digest: digest,
          call_id: call?.call_id ?? null,
          trajectory_id: request.context?.trajectory_id ?? null,
          effect_key: call?.effect_key ?? null,
          expires_at: new Date(now() + 86_400_000).toISOString(),
        })
        const response = { requires_approval: true, ...answer } as EvaluateResponse
        if (call?.effect_key) held.set(call.effect_key, response)
        return response
      }
      if (!call?.effect_key || (answer.recommendation === 'do_not_proceed' && !call.shadow))
        return answer as EvaluateResponse
      const effect = await ledger.claimEffect({
        effect_key: call.effect_key,
        request_id: requestId,
        arguments_digest: digest,
      })
      return { ...answer, effect } as EvaluateResponse
    },

    async reportOutcome(report: OutcomeReportRequest) {
      outcomes.push(report)
      return { ...report } as unknown as OutcomeReport
    },

    async settleEffect(effectId, request) {
      settlements.push({ effectId, state: request.state })
      return ledger.settleEffect(effectId, request)
    },
  }
}
