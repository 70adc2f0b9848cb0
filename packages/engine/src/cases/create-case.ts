import { type CreateCaseRequest, InvalidInputError } from '@bighub/core/protocol'
import { decisionIdFrom } from '../decisions/decision-ids.ts'
import type { EngineCore } from '../engine-core.ts'
import { decisionRecordOf } from '../projections/decision-row.ts'
import type { JsonRecord } from '../storage/storage.ts'
import { planCase } from './plan-case.ts'

/**
 * Records a case: more about the decision that `refs.request_id` or `refs.validation_id` names, if there is one, else a decision
 * that was made elsewhere.
 *
 * @returns the request id that the case is kept under.
 * @throws InvalidInputError naming the field.
 */
export async function createCase(core: EngineCore, body: CreateCaseRequest): Promise<string> {
  const known = await findDecision(core, body.refs ?? {})
  return known === null ? tellDecision(core, body) : annotate(core, known, body)
}

async function findDecision(core: EngineCore, refs: JsonRecord): Promise<string | null> {
  await core.state()
  for (const ref of [refs['request_id'], refs['validation_id']]) {
    if (typeof ref !== 'string' || ref === '') continue
    const id = decisionIdFrom(ref)
    if (decisionRecordOf(await core.storage.readSubject(id))) return id
  }
  return null
}

/** Decisions do not go away again, so what was found still stands when this is written. */
function annotate(core: EngineCore, requestId: string, body: CreateCaseRequest): Promise<string> {
  // What the decision says of itself is not told again.
  const { action: _action, verdict: _verdict, domain: _domain, actor_type: _actor, ...told } = body
  return core.run({
    plan: () => ({
      records: [
        {
          type: 'case_annotated',
          at: core.now(),
          subject: requestId,
          kept: {},
          payload: { details: detailsOf(told) },
        },
      ],
      answer: () => requestId,
    }),
  })
}

function tellDecision(core: EngineCore, body: CreateCaseRequest): Promise<string> {
  const { action, verdict, context } = body
  const name = action.action || action.tool
  if (!name) throw new InvalidInputError('action.action', 'needs a name, or else the tool')
  return core.run({
    plan: (state) => {
      const at = core.now()
      const subject = `act_${core.newId(at)}`
      const record = planCase(
        {
          subject,
          source: 'case',
          action: name,
          tool: action.tool,
          actor: body.actor_type,
          domain: body.domain || action.domain,
          target: action.target,
          value: action.value,
          arguments: action.arguments,
          context,
          riskScore: verdict.risk_score ?? context?.risk_score,
          verdict: verdict.verdict,
          details: detailsOf(body),
        },
        state,
        at,
      )
      return { records: [record], answer: () => subject }
    },
  })
}

/** What was said; absent and null say nothing. */
function detailsOf(told: Readonly<Record<string, unknown>>): JsonRecord {
  return Object.fromEntries(Object.entries(told).filter(([, value]) => value !== undefined && value !== null))
}
