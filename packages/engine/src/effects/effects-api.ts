import {
  type ClaimEffectRequest,
  type ClaimEffectResponse,
  claimEffectRequestSchema,
  type Effect,
  type EffectState,
  InvalidInputError,
  NotFoundError,
  type SettleEffectRequest,
  settleEffectRequestSchema,
} from '@bighub/core/protocol'
import type { EngineCore } from '../engine-core.ts'
import type { UnchainedRecord } from '../storage/chain.ts'
import { isOwnerGone } from '../storage/process-owner.ts'
import type { StoredEffect } from '../storage/storage.ts'

/** One run of each call: claimed once in any number of processes, then settled (guard.md §2). */
export class EffectsApi {
  readonly #core: EngineCore

  constructor(core: EngineCore) {
    this.#core = core
  }

  async claim(request: ClaimEffectRequest): Promise<ClaimEffectResponse> {
    const parsed = claimEffectRequestSchema.safeParse(request)
    if (!parsed.success) throw InvalidInputError.fromZod('a claim', parsed.error)
    const core = this.#core
    return core.run<ClaimEffectResponse>({
      reads: { effectKey: parsed.data.effect_key },
      plan: (_, found) => {
        if (found.effect) {
          const { effect_id, state } = found.effect
          return { records: [], answer: () => ({ effect_id, claimed: false, state }) }
        }
        const effect = newEffect(core, parsed.data)
        return {
          records: [claimRecord(core, effect)],
          effects: [effect],
          answer: () => ({ effect_id: effect.effect_id, claimed: true, state: 'claimed' }),
        }
      },
    })
  }

  async settle(effectId: string, request: SettleEffectRequest): Promise<Effect> {
    const parsed = settleEffectRequestSchema.safeParse(request)
    if (!parsed.success) throw InvalidInputError.fromZod('a settlement', parsed.error)
    const core = this.#core
    return core.run<Effect>({
      reads: { effectId },
      plan: (_, found) => {
        const effect = found.effect
        if (!effect) throw new NotFoundError('effect', effectId)
        if (effect.state !== 'claimed') return { records: [], answer: () => effect }
        const settled = settledEffect(core, effect, parsed.data.state, parsed.data.summary ?? null)
        return { records: [settleRecord(core, settled)], effects: [settled], answer: () => settled }
      },
    })
  }

  /** Newest first. `unknown` ones are those whose process ended before it could say what came of them. */
  async list(filter: { state?: EffectState; limit?: number } = {}): Promise<Effect[]> {
    await this.#core.state()
    return [...(await this.#core.storage.listEffects(filter.state ?? null, filter.limit ?? 100))]
  }

  /** Marks the claims of processes that are gone: what became of those calls nobody knows. */
  async disownLost(): Promise<void> {
    const core = this.#core
    const claimed = await core.storage.listEffects('claimed', 100_000)
    for (const lost of claimed.filter((effect) => isOwnerGone(effect.owner)))
      await core.run({
        reads: { effectId: lost.effect_id },
        plan: (_, found) => {
          if (found.effect?.state !== 'claimed') return { records: [], answer: () => undefined }
          const unknown = settledEffect(core, found.effect, 'unknown', 'the process that ran it ended')
          return { records: [settleRecord(core, unknown)], effects: [unknown], answer: () => undefined }
        },
      })
  }
}

/** A fresh claim of this process. */
export function newEffect(
  core: EngineCore,
  claim: { effect_key: string; request_id: string; arguments_digest: string },
): StoredEffect {
  const at = core.now()
  return {
    effect_id: `eff_${core.newId(at)}`,
    effect_key: claim.effect_key,
    request_id: claim.request_id,
    arguments_digest: claim.arguments_digest,
    state: 'claimed',
    owner: core.owner,
    claimed_at: new Date(at).toISOString(),
    settled_at: null,
    summary: null,
  }
}

export function claimRecord(core: EngineCore, effect: StoredEffect): UnchainedRecord {
  const { effect_id, effect_key, owner } = effect
  return {
    type: 'effect_claimed',
    at: core.now(),
    subject: effect.request_id,
    kept: { effect_id, effect_key },
    payload: { owner },
  }
}

function settleRecord(core: EngineCore, effect: StoredEffect): UnchainedRecord {
  const { effect_id, effect_key, state, summary } = effect
  return {
    type: 'effect_settled',
    at: core.now(),
    subject: effect.request_id,
    kept: { effect_id, effect_key, state },
    payload: { summary: summary ?? null },
  }
}

function settledEffect(
  core: EngineCore,
  effect: StoredEffect,
  state: EffectState,
  summary: string | null,
): StoredEffect {
  return { ...effect, state, summary, settled_at: new Date(core.now()).toISOString() }
}
