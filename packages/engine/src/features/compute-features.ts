import {
  type CallContext,
  type ComputeFeaturesRequest,
  type EvaluateResponse,
  type FeatureVector,
  InvalidInputError,
  NotFoundError,
} from '@bighub/core/protocol'
import { requestOf } from '../cases/plan-case.ts'
import { decisionIdFrom } from '../decisions/decision-ids.ts'
import type { EngineCore } from '../engine-core.ts'
import type { EvaluationKept } from '../engine-state.ts'
import { evaluate } from '../evaluate/evaluate.ts'
import { axesOf } from '../precedents/axes-of.ts'
import { decisionRecordOf } from '../projections/decision-row.ts'
import type { JsonRecord } from '../storage/storage.ts'
import { FEATURES_VERSION, type FeatureSource, namedFeatures } from './named-features.ts'

/** What the payload of a decision's first record says that features are read off. */
interface DecisionPayload {
  readonly request?: { readonly target?: string | null; readonly context?: { readonly call?: CallContext } }
  readonly response?: EvaluateResponse
  readonly case?: {
    readonly tool?: string | null
    readonly actor?: string | null
    readonly target?: string | null
    readonly arguments?: JsonRecord
    readonly context?: JsonRecord
  }
}

/** The features of a recorded case as they stood when it was decided. @throws NotFoundError */
export async function recordedFeatures(core: EngineCore, caseId: string): Promise<FeatureVector> {
  await core.state()
  const record = decisionRecordOf(await core.storage.readSubject(decisionIdFrom(caseId)))
  if (!record) throw new NotFoundError('case', caseId)
  const { request, response, case: told } = (record.payload ?? {}) as DecisionPayload
  const reversibility = axesOf(told?.context)['reversibility']
  return toVector(core, caseId, {
    kept: record.kept as unknown as EvaluationKept,
    at: record.at,
    tool: request?.context?.call?.tool ?? told?.tool ?? null,
    actor: response?.actor ?? told?.actor ?? null,
    target: request?.target ?? told?.target ?? null,
    call: request?.context?.call ?? {
      ...(told?.arguments ? { arguments: told.arguments } : {}),
      ...(reversibility === undefined ? {} : { reversibility }),
    },
    response: response ?? null,
  })
}

/**
 * The features of a described case by the model of now, as an evaluation would have them; nothing is recorded. `case_data` has
 * the form of a case (`action` an object) or of an action (`action` its name). Data of outcomes, precedents, calibration and
 * advice are not taken from outside: those figures are worked out here or are null.
 *
 * @throws InvalidInputError naming the field.
 */
export async function computeFeatures(core: EngineCore, body: ComputeFeaturesRequest): Promise<FeatureVector> {
  const data = body.case_data
  if (!data || Object.keys(data).length === 0) return recordedFeatures(core, body.case_id)
  const state = await core.state()
  const at = core.now()
  const action = isRecord(data['action']) ? data['action'] : data
  const name = textOf(action['action']) ?? textOf(action['tool'])
  if (name === null) throw new InvalidInputError('case_data.action', 'needs a name, or else the tool')
  const context = isRecord(data['context']) ? data['context'] : {}
  const value = action['value'] ?? data['value']
  const request = requestOf({
    action: name,
    tool: textOf(action['tool']),
    actor: textOf(data['actor_type']) ?? textOf(data['actor']),
    domain: textOf(data['domain']) ?? textOf(action['domain']),
    target: textOf(action['target']),
    value: typeof value === 'number' ? value : null,
    arguments: isRecord(action['arguments']) ? action['arguments'] : {},
    context: isRecord(data['axes']) ? { axes: data['axes'], ...context } : context,
  })
  const { kept, response } = evaluate({ ...request, isDryRun: true }, state, { at, id: 'none' })
  const { actor, target, call } = request
  return toVector(core, body.case_id, { kept, at, tool: call.tool ?? null, actor, target, call, response })
}

function toVector(core: EngineCore, caseId: string, source: FeatureSource): FeatureVector {
  return {
    case_id: caseId,
    org_id: core.organisation,
    schema_version: FEATURES_VERSION,
    features: namedFeatures(source),
    computed_at: new Date(source.at).toISOString(),
  }
}

function isRecord(value: unknown): value is Record<string, unknown> {
  return typeof value === 'object' && value !== null && !Array.isArray(value)
}

function textOf(value: unknown): string | null {
  return typeof value === 'string' && value !== '' ? value : null
}
