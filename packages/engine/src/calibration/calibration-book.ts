import type { Recommendation } from '@bighub/core/protocol'

const BINS = 20
/** Most domains with a table of their own; those that come later count in the whole only. */
const MAX_DOMAINS = 200
/** Outcomes below which nothing is said about quality. */
export const ENOUGH = 30
/** Largest mean difference that still counts as balanced. */
export const BALANCED = 0.02

interface Table {
  readonly count: number[]
  readonly sumPredicted: number[]
  readonly sumBad: number[]
  squaredError: number
  logLoss: number
}

export interface ReliabilityBin {
  readonly lower: number
  readonly upper: number
  readonly count: number
  /** Null in an empty bin. */
  readonly mean_predicted: number | null
  readonly observed_rate: number | null
}

/** Agreement of scores with what happened (protocol §7.6). Null where there is nothing to go on. */
export interface CalibrationReport {
  readonly domain: string | null
  readonly calibration_quality: 'good' | 'fair' | 'poor' | 'insufficient_data'
  readonly bias_direction: 'overestimates_risk' | 'underestimates_risk' | 'balanced' | 'unknown'
  readonly brier_score: number | null
  readonly log_loss: number | null
  /** 1 − Brier. */
  readonly quality_score: number | null
  /** Over 20 bins of equal width. */
  readonly expected_calibration_error: number | null
  readonly mean_predicted_risk: number | null
  readonly observed_negative_rate: number | null
  readonly sample_size: number
  readonly bins: readonly ReliabilityBin[]
}

/** Bookkeeping of predictions as they were made, never worked out again with today's model. */
export class CalibrationBook {
  #all = newTable()
  readonly #domains = new Map<string, Table>()
  readonly #recommendations = new Map<string, Table>()

  /** `recommendation` is null for predictions of elsewhere. */
  add(probability: number, label: 0 | 1, domain: string | null, recommendation: Recommendation | null): void {
    for (const table of this.#tables(domain, recommendation)) enter(table, probability, label, 1)
  }

  /** An outcome replaces an earlier one; null when the new one says neither. */
  correct(
    probability: number,
    before: 0 | 1,
    label: 0 | 1 | null,
    domain: string | null,
    recommendation: Recommendation | null,
  ): void {
    for (const table of this.#tables(domain, recommendation)) {
      enter(table, probability, before, -1)
      if (label !== null) enter(table, probability, label, 1)
    }
  }

  report(domain?: string): CalibrationReport {
    const table = domain === undefined ? this.#all : (this.#domains.get(domain) ?? newTable())
    const n = sum(table.count)
    const predicted = n === 0 ? null : sum(table.sumPredicted) / n
    const observed = n === 0 ? null : sum(table.sumBad) / n
    const error = n === 0 ? null : calibrationError(table, n)
    const brier = n === 0 ? null : table.squaredError / n
    return {
      domain: domain ?? null,
      calibration_quality: qualityOf(error, n),
      bias_direction: biasOf(predicted, observed, n),
      brier_score: brier,
      log_loss: n === 0 ? null : table.logLoss / n,
      quality_score: brier === null ? null : 1 - brier,
      expected_calibration_error: error,
      mean_predicted_risk: predicted,
      observed_negative_rate: observed,
      sample_size: n,
      bins: table.count.map((count, bin) => ({
        lower: bin / BINS,
        upper: (bin + 1) / BINS,
        count,
        mean_predicted: count === 0 ? null : (table.sumPredicted[bin] ?? 0) / count,
        observed_rate: count === 0 ? null : (table.sumBad[bin] ?? 0) / count,
      })),
    }
  }

  snapshot(): unknown {
    return { all: copy(this.#all), domains: copyAll(this.#domains), recommendations: copyAll(this.#recommendations) }
  }

  restore(snapshot: unknown): void {
    const { all, domains, recommendations } = snapshot as {
      all: Table
      domains: Map<string, Table>
      recommendations: Map<string, Table>
    }
    this.#all = copy(all)
    for (const [from, into] of [
      [domains, this.#domains],
      [recommendations, this.#recommendations],
    ] as const) {
      into.clear()
      for (const [key, table] of from) into.set(key, copy(table))
    }
  }

  #tables(domain: string | null, recommendation: Recommendation | null): Table[] {
    const found: (Table | undefined)[] = [this.#all]
    if (recommendation !== null) found.push(tableOf(this.#recommendations, recommendation))
    if (domain !== null) found.push(tableOf(this.#domains, domain))
    return found.filter((table) => table !== undefined)
  }
}

function tableOf(tables: Map<string, Table>, key: string): Table | undefined {
  const known = tables.get(key)
  if (known || tables.size >= MAX_DOMAINS) return known
  const table = newTable()
  tables.set(key, table)
  return table
}

function enter(table: Table, probability: number, label: 0 | 1, weight: 1 | -1): void {
  const bin = Math.min(BINS - 1, Math.floor(probability * BINS))
  table.count[bin] = (table.count[bin] ?? 0) + weight
  table.sumPredicted[bin] = (table.sumPredicted[bin] ?? 0) + weight * probability
  table.sumBad[bin] = (table.sumBad[bin] ?? 0) + weight * label
  table.squaredError += weight * (probability - label) ** 2
  const clipped = Math.min(1 - 1e-5, Math.max(1e-5, probability))
  table.logLoss -= weight * Math.log(label === 1 ? clipped : 1 - clipped)
}

/** Σ |mean prediction − observed rate| · share (Naeini, Cooper, Hauskrecht 2015). */
function calibrationError(table: Table, n: number): number {
  let error = 0
  for (const [bin, count] of table.count.entries())
    if (count > 0) error += Math.abs((table.sumPredicted[bin] ?? 0) - (table.sumBad[bin] ?? 0)) / n
  return error
}

/** `good` ECE ≤ 0.05, `fair` ≤ 0.10, else `poor`; below 30 outcomes nothing is said (engine.md §1). */
export function qualityOf(error: number | null, n: number): CalibrationReport['calibration_quality'] {
  if (error === null || n < ENOUGH) return 'insufficient_data'
  if (error <= 0.05) return 'good'
  return error <= 0.1 ? 'fair' : 'poor'
}

/** Nothing is said below 30 outcomes; a difference of 0.02 is none. */
export function biasOf(
  predicted: number | null,
  observed: number | null,
  n: number,
): CalibrationReport['bias_direction'] {
  if (predicted === null || observed === null || n < ENOUGH) return 'unknown'
  const difference = predicted - observed
  if (Math.abs(difference) <= BALANCED) return 'balanced'
  return difference > 0 ? 'overestimates_risk' : 'underestimates_risk'
}

function newTable(): Table {
  return { count: zeros(), sumPredicted: zeros(), sumBad: zeros(), squaredError: 0, logLoss: 0 }
}

function zeros(): number[] {
  return Array.from({ length: BINS }, () => 0)
}

function copy(table: Table): Table {
  return { ...table, count: [...table.count], sumPredicted: [...table.sumPredicted], sumBad: [...table.sumBad] }
}

function copyAll(tables: ReadonlyMap<string, Table>): Map<string, Table> {
  return new Map([...tables].map(([key, table]) => [key, copy(table)]))
}

function sum(values: readonly number[]): number {
  return values.reduce((total, value) => total + value, 0)
}
