import { words } from '../words/format.ts'

export type Tone = 'good' | 'mild' | 'hold' | 'bad' | 'quiet'

const TONES: Readonly<Record<string, Tone>> = {
  proceed: 'good',
  proceed_with_caution: 'mild',
  review_recommended: 'hold',
  do_not_proceed: 'bad',
  allowed: 'good',
  requires_approval: 'hold',
  blocked: 'bad',
  pending: 'hold',
  approved: 'good',
  denied: 'bad',
  expired: 'quiet',
  cancelled: 'quiet',
  claimed: 'mild',
  succeeded: 'good',
  failed: 'bad',
  aborted: 'mild',
  unknown: 'mild',
  not_run: 'quiet',
  positive: 'good',
  negative: 'bad',
  neutral: 'quiet',
  healthy: 'good',
  degrading: 'mild',
  at_risk: 'hold',
  critical: 'bad',
  good: 'good',
  fair: 'mild',
  poor: 'bad',
  active: 'good',
  paused: 'quiet',
  deleted: 'quiet',
  delivered: 'good',
  completed: 'good',
  running: 'mild',
  queued: 'quiet',
  low: 'quiet',
  medium: 'mild',
  high: 'hold',
}

/** A word with the colour of what it means. The word alone says it too. */
export function Badge({ of, tone, label }: { readonly of: string; readonly tone?: Tone; readonly label?: string }) {
  return <span class={`badge badge-${tone ?? TONES[of] ?? 'quiet'}`}>{label ?? words(of)}</span>
}
