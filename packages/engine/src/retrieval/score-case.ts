import { type VerbClass, verbClassOf } from '../features/verb-class.ts'
import type { Likeness } from '../precedents/likeness.ts'
import type { DecisionRow } from '../storage/tables.ts'
import { SIGNALS, type Signal, type Weights } from './strategies.ts'

const HOUR_MS = 3_600_000
/** Hours after which recency has halved: 30 days. Ages are counted in whole hours, so that an answer stands for a while. */
const HALF_LIFE_HOURS = 720
/** What another action with the same tool, and one whose verb is of the same class, count instead of 1. */
const SAME_TOOL = 0.6
const SAME_VERB = 0.3
/** Least spread of values on the log scale: those within a factor of two of each other are close in any case. */
const MIN_SPREAD = Math.LN2

/** What past cases are looked for by; null was not said. */
export interface Situation {
  readonly action: string | null
  readonly tool: string | null
  readonly domain: string | null
  readonly actor: string | null
  readonly target: string | null
  readonly value: number | null
  /** In [0, 1]. */
  readonly riskScore: number | null
  readonly axes: Readonly<Record<string, number>> | null
  /** Hashes of argument and context fields, as an evaluation of the same action makes them. */
  readonly fields: readonly number[] | null
  readonly intent: string | null
  readonly trajectoryId: string | null
}

export const NO_SITUATION: Situation = {
  action: null,
  tool: null,
  domain: null,
  actor: null,
  target: null,
  value: null,
  riskScore: null,
  axes: null,
  fields: null,
  intent: null,
  trajectoryId: null,
}

/** A past case as it is compared. */
export interface Candidate {
  readonly row: DecisionRow
  readonly likeness: Likeness
  readonly verb: VerbClass
  /** ln(1 + |value|); null without a value. */
  readonly size: number | null
}

export type SignalValues = Readonly<Partial<Record<Signal, number>>>

export interface ScoredCase extends Candidate {
  readonly signals: SignalValues
  /** In [0, 1]. */
  readonly score: number
}

/** What is known of the candidates as a whole: how values spread. */
export interface Scale {
  /** Standard deviation of ln(1 + |value|), at least ln 2. */
  readonly spread: number
  /** Median |value|; null without any. */
  readonly medianValue: number | null
  /** Milliseconds since the epoch. */
  readonly now: number
}

export function toCandidate(row: DecisionRow): Candidate {
  return {
    row,
    // Written by this program.
    likeness: JSON.parse(row.likeness) as Likeness,
    verb: verbClassOf(row.action),
    size: row.value === null ? null : Math.log1p(Math.abs(row.value)),
  }
}

/** The scale of values: that of the same action's cases where there are some, else of all. */
export function scaleOf(candidates: readonly Candidate[], action: string | null, now: number): Scale {
  const own = sizes(candidates.filter((each) => each.row.action === action))
  const all = own.length > 0 ? own : sizes(candidates)
  if (all.length === 0) return { spread: MIN_SPREAD, medianValue: null, now }
  const mean = all.reduce((sum, size) => sum + size, 0) / all.length
  const variance = all.reduce((sum, size) => sum + (size - mean) ** 2, 0) / all.length
  const median = all.toSorted((a, b) => a - b)[Math.floor(all.length / 2)] ?? 0
  return { spread: Math.max(MIN_SPREAD, Math.sqrt(variance)), medianValue: Math.expm1(median), now }
}

/**
 * How a past case compares with a situation, signal by signal. A signal that the situation says nothing about is absent, for
 * every case alike, so that scores can be compared. How a case ended is no part of any signal: what is found must not depend on
 * what it is asked to predict.
 */
export function signalsOf(situation: Situation, candidate: Candidate, scale: Scale): SignalValues {
  const { row, likeness } = candidate
  const { domain, actor, target, value, riskScore, axes, fields, intent, trajectoryId } = situation
  const signals: Partial<Record<Signal, number>> = {}
  if (situation.action !== null || situation.tool !== null) signals.action = actionSignal(situation, candidate)
  if (domain !== null) signals.domain = Number(row.domain === domain)
  if (actor !== null) signals.actor = Number(row.actor === actor)
  if (target !== null) signals.target = Number(row.target === target)
  if (value !== null) signals.value = closeness(Math.log1p(Math.abs(value)), candidate.size, scale.spread)
  if (riskScore !== null) signals.risk = 1 - Math.abs(riskScore - row.risk)
  if (axes !== null && Object.keys(axes).length > 0) signals.axes = axesSignal(axes, likeness.axes)
  if (fields !== null && fields.length > 0) signals.fields = overlap(fields, likeness.fields)
  if (intent !== null) {
    const words = wordsOf(intent)
    if (words.size > 0) signals.intent = intentSignal(words, row)
  }
  signals.recency = 2 ** (-Math.max(0, Math.floor((scale.now - row.at) / HOUR_MS)) / HALF_LIFE_HOURS)
  signals.consequence = consequenceSignal(candidate, scale.medianValue)
  if (trajectoryId !== null) signals.trajectory = Number(row.trajectory_id === trajectoryId)
  return signals
}

/** Weighted mean of the signals that are there, in [0, 1]; `without` is left out. Null where no signal has a weight. */
export function scoreOf(signals: SignalValues, weights: Weights, without?: Signal): number | null {
  let sum = 0
  let total = 0
  for (const signal of SIGNALS) {
    const value = signals[signal]
    const weight = weights[signal] ?? 0
    if (value === undefined || signal === without) continue
    sum += weight * value
    total += weight
  }
  return total > 0 ? Math.min(1, sum / total) : null
}

function actionSignal({ action, tool }: Situation, { row, verb }: Candidate): number {
  if (action !== null && row.action === action) return 1
  // An action may be known by its tool alone, on either side.
  if (action === null && (row.tool === tool || row.action === tool)) return 1
  if (tool !== null && row.tool === tool) return SAME_TOOL
  return verb !== 'unknown' && verb === verbClassOf(action ?? tool ?? '') ? SAME_VERB : 0
}

/** 1 for equal sizes, 0.6 one spread apart, 0.1 two. */
function closeness(a: number, b: number | null, spread: number): number {
  return b === null ? 0 : Math.exp(-0.5 * ((a - b) / spread) ** 2)
}

/** Mean closeness over the axes asked for; an axis that the case lacks is no likeness. */
function axesSignal(asked: Readonly<Record<string, number>>, own: Readonly<Record<string, number>>): number {
  const names = Object.keys(asked)
  const parts = names.map((name) => {
    const value = Object.hasOwn(own, name) ? own[name] : undefined
    return value === undefined ? 0 : Math.max(0, 1 - Math.abs((asked[name] ?? 0) - value))
  })
  return parts.reduce((sum, part) => sum + part, 0) / names.length
}

/** Share of fields that both have (Jaccard). */
function overlap(a: readonly number[], b: readonly number[]): number {
  const other = new Set(b)
  const all = new Set([...a, ...b])
  return new Set(a.filter((field) => other.has(field))).size / all.size
}

/** Share of the intent's words that the case's own words have. */
function intentSignal(words: ReadonlySet<string>, row: DecisionRow): number {
  const details = row.details === null ? {} : (JSON.parse(row.details) as { goal_summary?: unknown })
  const goal = typeof details.goal_summary === 'string' ? details.goal_summary : ''
  const own = wordsOf([row.action, row.tool, row.target, goal].join(' '))
  return [...words].filter((word) => own.has(word)).length / words.size
}

/** Words of three letters or more, in lower case: `refundOrder` has two. */
function wordsOf(text: string): Set<string> {
  const split = text.replaceAll(/(\p{Ll})(\p{Lu})/gu, '$1 $2').toLowerCase()
  return new Set(split.match(/\p{L}{3,}/gu))
}

/** How much was at stake: the larger of how hard it is to undo and how its value compares with the median; 0 if neither is known. */
function consequenceSignal({ row, likeness }: Candidate, median: number | null): number {
  const reversibility = likeness.axes['reversibility']
  const irreversible = reversibility === undefined ? 0 : 1 - Math.min(1, Math.max(0, reversibility))
  const size = Math.abs(row.value ?? 0)
  return Math.max(irreversible, median === null || size === 0 ? 0 : size / (size + median))
}

function sizes(candidates: readonly Candidate[]): number[] {
  return candidates.flatMap(({ size }) => (size === null ? [] : [size]))
}
