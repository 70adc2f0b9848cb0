import {
  type ClaimEffectRequest,
  type ClaimEffectResponse,
  ConflictError,
  claimEffectRequestSchema,
  type Effect,
  type EffectList,
  type EffectState,
  InvalidInputError,
  NotFoundError,
  type ResolveEffectRequest,
  type SettleEffectRequest,
  settleEffectRequestSchema,
} from '@bighub/core/protocol'
import type { EngineCore } from '../engine-core.ts'
import type { ClaimKept, EvaluationKept, OpenEffect } from '../engine-state.ts'
import type { UnchainedRecord } from '../storage/chain.ts'
import { isOwnerGone } from '../storage/process-owner.ts'
import { effectIdOf, readEffect, requestIdOf } from './read-effect.ts'

/** One run of each call: claimed once in any number of processes, then settled (guard.md §2). */
export class Effects {
  readonly #core: EngineCore

  constructor(core: EngineCore) {
    this.#core = core
  }

  /** @throws InvalidInputError; NotFoundError if the claim is for no decision of this engine. */
  async claim(request: ClaimEffectRequest): Promise<ClaimEffectResponse> {
    const parsed = claimEffectRequestSchema.safeParse(request)
    if (!parsed.success) throw InvalidInputError.fromZod('a claim', parsed.error)
    const core = this.#core
    const { effect_key: effectKey, request_id: requestId, arguments_digest: digest } = parsed.data
    return core
      .run<ClaimEffectResponse | { readonly claimedBy: string }>({
        reads: { effectKey, subject: requestId },
        plan: (_, found) => {
          const claimedBy = found.claim?.subject
          if (claimedBy !== undefined && claimedBy !== requestId) return { records: [], answer: () => ({ claimedBy }) }
          const evaluation = found.records.find((record) => record.type === 'evaluation')
          if (!evaluation) throw new NotFoundError('decision', requestId)
          const before = readEffect(found.records)
          if (before)
            return { records: [], answer: () => ({ effect_id: before.effect_id, claimed: false, state: before.state }) }
          // What was held or blocked runs by its approval or not at all.
          const { result, shadow } = evaluation.kept as unknown as EvaluationKept
          if (result !== 'allowed' && !shadow)
            return {
              records: [],
              answer: () => ({ effect_id: effectIdOf(requestId), claimed: false, state: 'not_run' }),
            }
          const claim = { effect_key: effectKey, arguments_digest: digest, owner: core.owner }
          return {
            records: [claimRecord(core.now(), requestId, claim)],
            answer: () => ({ effect_id: effectIdOf(requestId), claimed: true, state: 'claimed' }),
          }
        },
      })
      .then((answer) =>
        'claimedBy' in answer
          ? this.#claimedBy(String(answer.claimedBy))
          : answer.claimed
            ? answer
            : this.#claimedBy(requestId, answer),
      )
  }

  /**
   * A second settlement changes nothing. One that comes after the process was taken for gone still counts: it knows.
   *
   * @throws InvalidInputError, NotFoundError
   */
  async settle(effectId: string, request: SettleEffectRequest): Promise<Effect> {
    const parsed = settleEffectRequestSchema.safeParse(request)
    if (!parsed.success) throw InvalidInputError.fromZod('a settlement', parsed.error)
    const { state, summary = null } = parsed.data
    return this.#settle(effectId, state, summary, { from: ['claimed', 'unknown'], by: null })
  }

  /**
   * Says what a call came to of which nobody knew: its process had ended, or it was aborted.
   *
   * @throws InvalidInputError, NotFoundError; ConflictError (`effect_settled`) if it is known already, and otherwise.
   */
  async resolve(effectId: string, request: ResolveEffectRequest, by: string): Promise<Effect> {
    const summary = request.summary ?? null
    return this.#settle(effectId, request.state, summary, { from: ['unknown', 'aborted'], by })
  }

  /** Calls that were claimed, newest first. */
  async list(filter: { readonly state: EffectState | null; readonly limit: number }): Promise<EffectList> {
    await this.#core.state()
    await this.disownLost()
    const database = await this.#core.projected()
    const { organisation } = this.#core.storage
    let claimed = database.selectFrom('decisions').where('organisation', '=', organisation)
    claimed =
      filter.state === null
        ? claimed.where('effect_state', 'is not', null)
        : claimed.where('effect_state', '=', filter.state)
    const rows = await claimed.select('request_id').orderBy('seq', 'desc').limit(filter.limit).execute()
    const { n } = await claimed.select(({ fn }) => fn.countAll<number>().as('n')).executeTakeFirstOrThrow()
    const effects = await Promise.all(
      rows.map(async (row) => readEffect(await this.#core.storage.readSubject(row.request_id)) ?? []),
    )
    return { effects: effects.flat(), total: n, limit: filter.limit }
  }

  /** Calls that are claimed and not settled, oldest first. `unknown` ones are those whose process ended before it could. */
  async listOpen(filter: { state?: 'claimed' | 'unknown' } = {}): Promise<readonly OpenEffect[]> {
    await this.#core.state()
    await this.disownLost()
    const { openEffects } = this.#core.currentState()
    return [...openEffects.values()].filter((effect) => filter.state === undefined || effect.state === filter.state)
  }

  /**
   * Marks the claims of processes that are gone: what became of those calls nobody knows. So are those that nobody has settled for
   * as long as the policy says: their process may be one that cannot be seen from here, such as a client's.
   *
   * @param requestId - Looks at the claim of this decision only.
   */
  async disownLost(requestId?: string): Promise<void> {
    const { openEffects, policy } = this.#core.currentState()
    const before = this.#core.now() - policy.unknown_after_seconds * 1000
    const looked = new Map<string, boolean>()
    const isGone = (owner: string): boolean => {
      const known = looked.get(owner) ?? isOwnerGone(owner)
      looked.set(owner, known)
      return known
    }
    const candidates = requestId === undefined ? [...openEffects.values()] : [openEffects.get(requestId)]
    for (const effect of candidates) {
      if (effect?.state !== 'claimed') continue
      const effectId = effectIdOf(effect.request_id)
      if (isGone(effect.owner)) await this.#settle(effectId, 'unknown', 'the process that ran it ended')
      else if (Date.parse(effect.claimed_at) <= before)
        await this.#settle(effectId, 'unknown', `nobody settled it for ${policy.unknown_after_seconds} s`)
    }
  }

  /** What came of the claim that was there before. */
  async #claimedBy(requestId: string, otherwise?: ClaimEffectResponse): Promise<ClaimEffectResponse> {
    await this.disownLost(requestId)
    const effect = readEffect(await this.#core.storage.readSubject(requestId))
    if (!effect && otherwise) return otherwise
    if (!effect) throw new NotFoundError('effect', effectIdOf(requestId))
    return { effect_id: effect.effect_id, claimed: false, state: effect.state }
  }

  async #settle(
    effectId: string,
    state: EffectState,
    summary: string | null,
    { from, by }: { from: readonly EffectState[]; by: string | null } = { from: ['claimed'], by: null },
  ): Promise<Effect> {
    const core = this.#core
    const requestId = requestIdOf(effectId)
    return core.run<Effect>({
      reads: { subject: requestId },
      plan: (_, found) => {
        const effect = readEffect(found.records)
        if (!effect) throw new NotFoundError('effect', effectId)
        if (!from.includes(effect.state)) {
          if (by !== null && effect.state !== state)
            throw new ConflictError('effect_settled', `the effect ${effectId} is ${effect.state}, and that is known`)
          return { records: [], answer: () => effect }
        }
        const at = core.now()
        const record: UnchainedRecord = {
          type: 'effect_settled',
          at,
          subject: requestId,
          kept: { state },
          payload: by === null ? { summary } : { summary, by },
        }
        return {
          records: [record],
          answer: () => ({ ...effect, state, summary, settled_at: new Date(at).toISOString() }),
        }
      },
    })
  }
}

function claimRecord(at: number, requestId: string, claim: ClaimKept): UnchainedRecord {
  return { type: 'effect_claimed', at, subject: requestId, kept: { claim }, payload: {}, effectKey: claim.effect_key }
}
