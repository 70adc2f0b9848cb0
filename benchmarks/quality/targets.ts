import { readFileSync } from 'node:fs'
import type { StreamResult } from './report.ts'

interface Figures {
  readonly log_loss: number
  readonly auc: number
}

/** What is known of a stream from elsewhere, and what is to be reached on it. */
export interface StreamTarget {
  readonly best_peer: Figures & { readonly method?: string }
  readonly oracle: Figures
  readonly to_reach: {
    readonly log_loss: number
    readonly ece?: number
    readonly auc_state_changing?: number
    readonly bad_held_at_2_percent?: number
  }
}

export interface Targets {
  readonly source: string
  /** Mean of our log loss over the best known peer's, at most. */
  readonly mean_ratio: number
  /** Log loss of a start with the prior over that without: on average over agents, and on any stream. */
  readonly start_ratio: { readonly agents: number; readonly any: number }
  readonly streams: Readonly<Record<string, StreamTarget>>
}

/** Decisions with an outcome from which on the ECE of a stream with prompt outcomes is judged, and the most it may be. */
const CALIBRATION = { scored: 5000, ece: 0.02 } as const
/** Decisions between a call and its outcome from which on outcomes are late, at the median. */
const LATE = 100

export function readTargets(): Targets {
  return JSON.parse(readFileSync(new URL('targets.json', import.meta.url), 'utf8')) as Targets
}

/** Each target that is missed, in words. */
export function missedTargets(streams: readonly StreamResult[], targets: Targets): string[] {
  const missed = streams.flatMap((each) => missedOf(each, targets.streams[each.stream]))
  const ratio = meanRatio(streams, targets)
  if (ratio !== null && ratio > targets.mean_ratio)
    missed.push(
      `mean of log loss over the best known peer's: ${ratio.toFixed(3)}, wanted at most ${targets.mean_ratio}`,
    )
  const start = meanStartRatio(streams)
  if (start !== null && start > targets.start_ratio.agents)
    missed.push(
      `mean over agents of the first 200 with the prior over without: ${start.toFixed(3)}, wanted at most ${targets.start_ratio.agents}`,
    )
  for (const { stream, start: one } of streams)
    if (one.with_prior > targets.start_ratio.any * one.without_prior)
      missed.push(
        `${stream}: first 200 with the prior ${one.with_prior.toFixed(4)}, wanted at most ${targets.start_ratio.any} of ${one.without_prior.toFixed(4)}`,
      )
  return missed
}

/** Mean over agents of the log loss of a start with the prior over that without. Null without agents. */
export function meanStartRatio(streams: readonly StreamResult[]): number | null {
  const agents = streams.filter(({ start }) => start.is_agent)
  return agents.length === 0
    ? null
    : agents.reduce((sum, { start }) => sum + start.with_prior / start.without_prior, 0) / agents.length
}

/** Mean of our log loss over the best known peer's on the same stream. Null where nothing is known. */
export function meanRatio(streams: readonly StreamResult[], targets: Targets): number | null {
  const ratios = streams.flatMap(({ stream, ours }) => {
    const known = targets.streams[stream]?.best_peer.log_loss
    return known === undefined || ours.log_loss === null ? [] : [ours.log_loss / known]
  })
  return ratios.length === 0 ? null : ratios.reduce((sum, each) => sum + each, 0) / ratios.length
}

function missedOf(
  { stream, scored, median_delay: delay, ours }: StreamResult,
  target: StreamTarget | undefined,
): string[] {
  const missed: string[] = []
  const atMost = (name: string, value: number | null, most: number | undefined): void => {
    // Targets have four digits at most: what rounds to them reaches them.
    if (value !== null && most !== undefined && value > most + 5e-5)
      missed.push(`${stream}: ${name} ${value.toFixed(4)}, wanted at most ${most}`)
  }
  const atLeast = (name: string, value: number | null, least: number | undefined): void => {
    if (value !== null && least !== undefined && value < least)
      missed.push(`${stream}: ${name} ${value.toFixed(4)}, wanted at least ${least}`)
  }
  atMost('log loss', ours.log_loss, target?.to_reach.log_loss)
  const prompt = scored > CALIBRATION.scored && delay < LATE ? CALIBRATION.ece : undefined
  atMost('ECE', ours.ece, target?.to_reach.ece ?? prompt)
  atLeast('AUC of state-changing calls', ours.auc_state_changing, target?.to_reach.auc_state_changing)
  atLeast(
    'bad calls held when 2 % of the good ones are',
    ours.bad_held_at_2_percent,
    target?.to_reach.bad_held_at_2_percent,
  )
  return missed
}
