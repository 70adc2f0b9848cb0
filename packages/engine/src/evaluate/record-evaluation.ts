import {
  type ApprovalItem,
  canonicalJson,
  type EvaluateRequest,
  type EvaluateResponse,
  NotFoundError,
} from '@bighub/core/protocol'
import { Effects } from '../effects/effects.ts'
import { effectIdOf, readEffect } from '../effects/read-effect.ts'
import type { EngineCore } from '../engine-core.ts'
import type { EngineState } from '../engine-state.ts'
import type { Planned } from '../sequencer.ts'
import type { UnchainedRecord } from '../storage/chain.ts'
import type { Found, Storage } from '../storage/storage.ts'
import { evaluate } from './evaluate.ts'
import { type NormalisedRequest, normaliseRequest } from './normalise-request.ts'

/** Whether a live connection is there; asked only for requests that need one. */
export type ConnectionCheck = (connectionId: string) => Promise<boolean>

/**
 * Judges a request and appends the decision, with its approval and its claim, in one transaction. The same call again (by its
 * effect key) gets the stored answer, whether it was claimed or is held for a person.
 *
 * @throws InvalidInputError naming the field; StorageError if it cannot be recorded, and then nothing was.
 */
export async function recordEvaluation(
  core: EngineCore,
  body: EvaluateRequest,
  { isConnected, by = null }: { readonly isConnected: ConnectionCheck; readonly by?: string | null | undefined },
): Promise<EvaluateResponse> {
  const request = normaliseRequest(body)
  const lacksConnection = request.neededConnection !== null && !(await isConnected(request.neededConnection))
  const effectKey = request.call.effect_key
  const answer = await core.run<Answer>({
    ...(effectKey === undefined ? {} : { reads: { effectKey } }),
    plan: (state, found) => plan(core, request, { state, found, lacksConnection, by }),
  })
  if (!isRepeated(answer)) return answer
  await new Effects(core).disownLost(answer.repeated)
  return repeatAnswer(core.storage, answer.repeated)
}

type Answer = EvaluateResponse | { readonly repeated: string }

function plan(
  core: EngineCore,
  request: NormalisedRequest,
  asked: { state: EngineState; found: Found; lacksConnection: boolean; by: string | null },
): Planned<Answer> {
  const { state, found } = asked
  const { effect_key: effectKey } = request.call
  const before = found.claim?.subject ?? (effectKey === undefined ? undefined : state.holds.find(effectKey))
  if (before !== undefined && !request.isDryRun) return { records: [], answer: () => ({ repeated: before }) }
  const { response, record, approvals } = planEvaluation(core, request, { ...asked, at: core.now(), claims: true })
  if (request.isDryRun) return { records: [], answer: () => response }
  return { records: [record], approvals, answer: (hash) => ({ ...response, validation_hash: hash }) }
}

/** What one evaluation writes and answers. */
export interface PlannedEvaluation {
  readonly response: EvaluateResponse
  readonly record: UnchainedRecord
  readonly approvals: readonly ApprovalItem[]
}

/**
 * Judges a request on the present state; the caller appends what comes of it, or not.
 *
 * @param asked.claims - Whether a call that may run is claimed with it.
 * @param asked.by - Who asks, as authentication tells.
 */
export function planEvaluation(
  core: EngineCore,
  request: NormalisedRequest,
  asked: {
    readonly state: EngineState
    readonly at: number
    readonly claims: boolean
    readonly lacksConnection?: boolean
    readonly by?: string | null
  },
): PlannedEvaluation {
  const { state, at, lacksConnection = false, by = null } = asked
  const { response, kept, approval } = evaluate(request, state, { at, id: core.newId(at), lacksConnection })
  const { effect_key: effectKey } = request.call
  const runs = kept.result === 'allowed' || (kept.shadow && kept.blocked_by !== 'kill_switch')
  const claim =
    asked.claims && runs && effectKey !== undefined && !request.isDryRun
      ? { effect_key: effectKey, arguments_digest: kept.digest, owner: core.owner }
      : null
  const effect = { effect_id: effectIdOf(response.request_id), claimed: true, state: 'claimed' } as const
  const answer: EvaluateResponse = claim ? { ...response, effect } : response
  return {
    response: answer,
    record: {
      type: 'evaluation',
      at,
      subject: response.request_id,
      kept: { ...kept, claim, ...(approval && effectKey !== undefined ? { hold: effectKey } : {}) },
      payload: { request: request.recorded, response: answer },
      payloadText: `{"request":${request.canonical},"response":${canonicalJson(answer)}}`,
      ...(claim ? { effectKey: claim.effect_key } : {}),
    },
    approvals: approval ? [{ ...approval, requested_by: by }] : [],
  }
}

/** The same call was claimed or held before, by the decision named. */
function isRepeated(answer: Answer): answer is { readonly repeated: string } {
  return typeof answer['repeated'] === 'string' && !('recommendation' in answer)
}

/** The same call again: its stored answer, and whether somebody has claimed it. */
async function repeatAnswer(storage: Storage, requestId: string): Promise<EvaluateResponse> {
  const records = await storage.readSubject(requestId)
  const evaluation = records.find((record) => record.type === 'evaluation')
  const response = evaluation?.payload?.['response'] as EvaluateResponse | undefined
  const effect = readEffect(records)
  if (!evaluation || !response) throw new NotFoundError('decision', requestId)
  return {
    ...response,
    validation_hash: evaluation.hash,
    repeated: true,
    ...(effect ? { effect: { effect_id: effect.effect_id, claimed: false, state: effect.state } } : {}),
  }
}
