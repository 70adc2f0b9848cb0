import {
  type DecisionApi,
  type EvaluateRequest,
  type EvaluateResponse,
  InvalidInputError,
  type RequestOptions,
} from '@bighub/core/protocol'
import type { EngineCore } from '../engine-core.ts'
import { GATE_VERSION } from '../evaluate/evaluate.ts'
import { createMemoryApi } from '../memory/memory-api.ts'
import { createResource } from '../resource.ts'
import { automationHealth, automationInsight, countAutomation } from './automation-health.ts'
import type { LiveConnections } from './live-connections.ts'
import { countPeriod } from './period-counts.ts'
import { valueProtectedHistory } from './value-protected-history.ts'
import { verifyValidation } from './verify-validation.ts'

const DAY_MS = 86_400_000

/** Actions: judged, and counted (protocol §7.1). */
export function createActionsApi(
  core: EngineCore,
  parts: {
    readonly evaluate: (request: EvaluateRequest, options: RequestOptions) => Promise<EvaluateResponse>
    readonly live: LiveConnections
  },
): DecisionApi['actions'] {
  const { organisation } = core.storage
  const { live } = parts

  return {
    ...createResource('actions', {
      evaluate: (body, options) => parts.evaluate(body, options),

      async evaluateBatch({ actions, actor, domain }, options) {
        const answers: EvaluateResponse[] = []
        // One after the other: what the first one uses up is gone for the second.
        for (const [index, action] of actions.entries())
          try {
            answers.push(
              await parts.evaluate(
                { ...action, actor: action.actor ?? actor, domain: action.domain ?? domain },
                options,
              ),
            )
          } catch (error) {
            if (!(error instanceof InvalidInputError)) throw error
            throw new InvalidInputError(`actions.${index}.${error.field}`, error.message, { cause: error })
          }
        return answers
      },

      connect: (body) => live.connect(body.actor ?? 'AI_AGENT', body.context ?? {}),
      heartbeat: (body) => live.heartbeat(body.connection_id),
      disconnect: (body) => live.disconnect(body.connection_id),
      verifyValidation: (validationId) => verifyValidation(core, validationId),

      valueProtectedHistory: async (query) =>
        valueProtectedHistory(await core.projected(), organisation, (await core.state()).clock, {
          now: core.now(),
          days: query.days ?? 30,
        }),

      async dashboardSummary() {
        const database = await core.projected()
        const { clock } = await core.state()
        const now = core.now()
        const count = (since: number) => countPeriod(database, organisation, since)
        const month = await count(clock.startOfMonth(now))
        const automation = await countAutomation(database, organisation, now - 30 * DAY_MS)
        const approvals = await database
          .selectFrom('approvals')
          .where('organisation', '=', organisation)
          .select('status')
          .select(({ fn }) => fn.countAll<number>().as('n'))
          .groupBy('status')
          .execute()
        const withStatus = (...statuses: readonly string[]): number =>
          approvals.filter((row) => statuses.includes(row.status)).reduce((sum, row) => sum + row.n, 0)
        return {
          total_validations_this_month: month.total,
          allowed_this_month: month.allowed,
          blocked_this_month: month.blocked,
          approvals_resolved: withStatus('approved', 'denied'),
          pending_approvals: withStatus('pending'),
          automation_health_score: automationHealth(automation),
          value_protected: month.value_protected,
          today: await count(clock.startOfDay(now)),
          week: await count(now - 7 * DAY_MS),
          insight: automationInsight(automation),
        }
      },

      async observerStats() {
        const database = await core.projected()
        const { clock } = await core.state()
        const now = core.now()
        const automation = await countAutomation(database, organisation, now - 30 * DAY_MS)
        const blockedBy = await database
          .selectFrom('decisions')
          .where('organisation', '=', organisation)
          .where('blocked_by', 'is not', null)
          .select('blocked_by')
          .select(({ fn }) => fn.countAll<number>().as('n'))
          .groupBy('blocked_by')
          .orderBy('n', 'desc')
          .limit(10)
          .execute()
        return {
          insight: automationInsight(automation),
          today: await countPeriod(database, organisation, clock.startOfDay(now)),
          week: await countPeriod(database, organisation, now - 7 * DAY_MS),
          month: await countPeriod(database, organisation, now - 30 * DAY_MS),
          all_time: await countPeriod(database, organisation, null),
          top_blocked_by: blockedBy.map((row) => ({ blocked_by: row.blocked_by ?? '', count: row.n })),
          automation_health_score: automationHealth(automation),
        }
      },

      async status() {
        const { policy, killSwitches } = await core.state()
        return {
          ok: true,
          status: 'ok',
          service: 'bighub',
          version: GATE_VERSION,
          time: new Date(core.now()).toISOString(),
          enforcement_mode: policy.enforcement_mode,
          kill_switch_active: killSwitches.size > 0,
        }
      },

      ...createMemoryApi(core),
    }),
    // Reads its request itself, once, on the hot path.
    evaluate: (body, options = {}) => parts.evaluate(body, options),
  }
}
