import type { Effect, EffectState, EvaluateRequest } from '@bighub/core/protocol'
import type { ClaimKept } from '../engine-state.ts'
import type { LogRecord } from '../storage/storage.ts'

/** An effect has its decision's id behind another prefix: each decision's call runs once at most. */
export function effectIdOf(requestId: string): string {
  return requestId.replace(/^(?:act_)?/, 'eff_')
}

export function requestIdOf(effectId: string): string {
  return effectId.replace(/^eff_/, 'act_')
}

/** The effect that a decision's records tell of; null while nobody has claimed it. */
export function readEffect(records: readonly LogRecord[]): Effect | null {
  // What other runtimes told is kept under a key as well, and claims nothing.
  const claimed = records.find((record) => record.effectKey !== null && record.kept['claim'])
  if (!claimed) return null
  const claim = claimed.kept['claim'] as ClaimKept
  // A person may have said later what an unknown one came to.
  const evaluation = records.find((record) => record.type === 'evaluation')
  const request = evaluation?.payload?.['request'] as EvaluateRequest | undefined
  const settled = records.findLast((record) => record.type === 'effect_settled')
  return {
    effect_id: effectIdOf(claimed.subject),
    effect_key: claim.effect_key,
    request_id: claimed.subject,
    arguments_digest: claim.arguments_digest,
    action: (evaluation?.kept['action'] as string | undefined) ?? null,
    tool: request?.context?.call?.tool ?? null,
    target: request?.target ?? null,
    value: request?.value ?? null,
    arguments: request?.context?.call?.arguments ?? null,
    state: settled ? (settled.kept['state'] as EffectState) : 'claimed',
    claimed_at: new Date(claimed.at).toISOString(),
    settled_at: settled ? new Date(settled.at).toISOString() : null,
    summary: settled ? ((settled.payload?.['summary'] as string | null | undefined) ?? null) : null,
  }
}
