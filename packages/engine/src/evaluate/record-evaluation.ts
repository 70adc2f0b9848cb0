import { canonicalJson, type EvaluateRequest, type EvaluateResponse, NotFoundError } from '@bighub/core/protocol'
import { effectIdOf, readEffect } from '../effects/read-effect.ts'
import type { EngineCore } from '../engine-core.ts'
import type { EngineState } from '../engine-state.ts'
import type { Planned } from '../sequencer.ts'
import type { Found, Storage } from '../storage/storage.ts'
import { evaluate } from './evaluate.ts'
import { type NormalisedRequest, normaliseRequest } from './normalise-request.ts'

/** Whether a live connection is there; asked only for requests that need one. */
export type ConnectionCheck = (connectionId: string) => Promise<boolean>

/**
 * Judges a request and appends the decision, with its approval and its claim, in one transaction. The same call again (by its
 * effect key) gets the stored answer.
 *
 * @throws InvalidInputError naming the field; StorageError if it cannot be recorded, and then nothing was.
 */
export async function recordEvaluation(
  core: EngineCore,
  body: EvaluateRequest,
  isConnected: ConnectionCheck,
): Promise<EvaluateResponse> {
  const request = normaliseRequest(body)
  const lacksConnection = request.neededConnection !== null && !(await isConnected(request.neededConnection))
  const effectKey = request.call.effect_key
  const answer = await core.run<Answer>({
    ...(effectKey === undefined ? {} : { reads: { effectKey } }),
    plan: (state, found) => plan(core, request, { state, found, lacksConnection }),
  })
  return isRepeated(answer) ? repeatAnswer(core.storage, answer.repeated) : answer
}

type Answer = EvaluateResponse | { readonly repeated: string }

function plan(
  core: EngineCore,
  request: NormalisedRequest,
  { state, found, lacksConnection }: { state: EngineState; found: Found; lacksConnection: boolean },
): Planned<Answer> {
  const before = found.claim?.subject
  if (before !== undefined && !request.isDryRun) return { records: [], answer: () => ({ repeated: before }) }
  const at = core.now()
  const { response, kept, approval } = evaluate(request, state, { at, id: core.newId(at), lacksConnection })
  if (request.isDryRun) return { records: [], answer: () => response }
  const effectKey = request.call.effect_key
  const runs = kept.result === 'allowed' || (kept.shadow && kept.blocked_by !== 'kill_switch')
  const claim =
    runs && effectKey !== undefined ? { effect_key: effectKey, arguments_digest: kept.digest, owner: core.owner } : null
  const effect = { effect_id: effectIdOf(response.request_id), claimed: true, state: 'claimed' }
  const answer: EvaluateResponse = claim ? { ...response, effect } : response
  return {
    records: [
      {
        type: 'evaluation',
        at,
        subject: response.request_id,
        kept: { ...kept, claim },
        payload: { request: request.recorded, response: answer },
        payloadText: `{"request":${request.canonical},"response":${canonicalJson(answer)}}`,
        ...(claim ? { effectKey: claim.effect_key } : {}),
      },
    ],
    approvals: approval ? [approval] : [],
    answer: (hash) => ({ ...answer, validation_hash: hash }),
  }
}

/** The same call was claimed before, by the decision named. */
function isRepeated(answer: Answer): answer is { readonly repeated: string } {
  return typeof answer['repeated'] === 'string' && !('recommendation' in answer)
}

/** The same call again: its stored answer, and that somebody has claimed it. */
async function repeatAnswer(storage: Storage, requestId: string): Promise<EvaluateResponse> {
  const records = await storage.readSubject(requestId)
  const evaluation = records.find((record) => record.type === 'evaluation')
  const response = evaluation?.payload?.['response'] as EvaluateResponse | undefined
  const effect = readEffect(records)
  if (!evaluation || !response || !effect) throw new NotFoundError('decision', requestId)
  const { effect_id, state } = effect
  return { ...response, validation_hash: evaluation.hash, effect: { effect_id, claimed: false, state } }
}
