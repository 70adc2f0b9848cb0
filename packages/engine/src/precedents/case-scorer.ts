import type { VerbClass } from '../features/verb-class.ts'
import type { ChainRow } from './case-chains.ts'
import {
  bloomBit,
  type CaseTable,
  HOUR_MS,
  REVERSIBILITY,
  ROW,
  ROW_ACTION,
  ROW_ACTOR,
  ROW_BLOOM,
  ROW_DOMAIN,
  ROW_HOUR,
  ROW_MAGNITUDE,
  ROW_PACKED,
  ROW_REVERSIBILITY,
  ROW_RISK,
  ROW_RUN,
  ROW_SIZE,
  ROW_TARGET,
  ROW_TERMS,
  ROW_TOOL,
  VERB_BITS,
  verbNumber,
} from './case-table.ts'
import {
  type CaseTree,
  NODE,
  NODE_ACTION,
  NODE_ACTOR,
  NODE_DOMAIN,
  NODE_HOUR,
  NODE_MAGNITUDE,
  NODE_PACKED,
  NODE_REVERSIBILITY,
  NODE_RISK,
  NODE_SIZE,
  NODE_TARGET,
  NODE_TOOL,
  TAG,
  tagOf,
} from './case-tree.ts'
import { SIGNALS, type Signal, type Weights } from './strategies.ts'

/** Hours after which recency has halved: 30 days. Ages are counted in whole hours, so that an answer stands for a while. */
const HALF_LIFE_HOURS = 720
/** What another action with the same tool, and one whose verb is of the same class, count instead of 1. */
const SAME_TOOL = 0.6
const SAME_VERB = 0.3
/** Least spread of values on the log scale: those within a factor of two of each other are close in any case. */
export const MIN_SPREAD: number = Math.LN2
/** Places of the table in which a situation's fields are looked up; a quarter of them is taken at most. */
const PLACES = 256
/** Most fields of a situation that count. */
const MAX_FIELDS = 64

/** What cases are compared with. A hash of 0, a null and an empty list were not said. */
export interface CaseQuery {
  readonly action: number
  readonly verb: VerbClass
  readonly tool: number
  readonly domain: number
  readonly actor: number
  readonly target: number
  readonly run: number
  readonly value: number | null
  /** In [0, 1]. */
  readonly risk: number | null
  /** Hash of an axis' name, value, and so on. */
  readonly axes: readonly number[]
  readonly fields: readonly number[]
}

/** How values usually spread, and the moment. */
export interface Scale {
  /** Standard deviation of ln(1 + |value|), at least ln 2. */
  readonly spread: number
  /** Median |value|; null without any. */
  readonly medianValue: number | null
  /** Milliseconds since the epoch. */
  readonly now: number
}

export type SignalValues = Readonly<Partial<Record<Signal, number>>>

type AllWeights = Readonly<Record<Signal, number>>

/** The share of a situation's words that a case has, by slot. */
export type IntentOf = (slot: number) => number

/**
 * The one scorer of past cases (engine.md §4): how the rows of a table compare with a situation, signal by signal, and the weighted mean
 * of those signals that the situation says something about. What was not said counts for no case, so that scores can be compared. How
 * a case ended is no part of any signal: what is found must not depend on what it is asked to predict.
 *
 * - `action` 1 for the same, 0.6 for the same tool, 0.3 for a verb of the same class
 * - `domain`, `actor`, `target`, `trajectory` 1 for the same, else 0
 * - `value` e^{−d²/2}, d the distance of ln(1 + |value|) in spreads; 0 without a value
 * - `risk` and each of the `axes` 1 − |difference|; an axis that a case lacks is no likeness
 * - `fields` share of all fields that both have (Jaccard)
 * - `recency` halves in 30 days
 * - `consequence` the larger of 1 − reversibility and |value|/(|value| + median)
 * - `intent` as the caller says; words are in no table
 */
export class CaseScorer {
  readonly #table: CaseTable
  // The situation, as `ask` has taken it apart.
  #action = 0
  #tool = 0
  #domain = 0
  #actor = 0
  #target = 0
  #run = 0
  #verb = 0
  #size = Number.NaN
  #risk = 0
  #axes: readonly number[] = []
  /** Its value where reversibility is the only axis asked for, as it mostly is; NaN otherwise. */
  #reversibility = Number.NaN
  #intentOf: IntentOf | null = null
  #spread = MIN_SPREAD
  #median = Number.POSITIVE_INFINITY
  #hour = 0
  /** As the tags of cases with the same target and actor. */
  #tag = 0
  readonly #fields = new Int32Array(PLACES)
  #fieldCount = 0
  #bloomLow = 0
  #bloomHigh = 0
  /** Fields that share their bit with another one. */
  #bloomExcess = 0
  #spoken: Readonly<Record<Signal, boolean>> = NOTHING_SPOKEN
  #weights: AllWeights = normalise({}, NOTHING_SPOKEN)

  constructor(table: CaseTable) {
    this.#table = table
  }

  /** Asks for likeness with another situation. @returns itself. */
  ask(query: CaseQuery, { weights, scale, intentOf = null }: Question): this {
    this.#action = query.action | 0
    this.#tool = query.tool | 0
    this.#domain = query.domain | 0
    this.#actor = query.actor | 0
    this.#target = query.target | 0
    this.#run = query.run | 0
    this.#verb = verbNumber(query.verb) << 16
    this.#size = query.value === null ? Number.NaN : Math.fround(Math.log1p(Math.abs(query.value)))
    this.#risk = query.risk ?? 0
    this.#axes = query.axes
    const isAlone = query.axes.length === 2 && query.axes[0] === REVERSIBILITY
    this.#reversibility = isAlone ? Math.fround(query.axes[1] ?? 0) : Number.NaN
    this.#intentOf = intentOf
    this.#spread = scale.spread
    this.#median = scale.medianValue ?? Number.POSITIVE_INFINITY
    this.#hour = Math.floor(scale.now / HOUR_MS)
    this.#tag = tagOf(this.#target, this.#actor, 0)
    this.#takeFields(query.fields)
    const spoken = {
      action: query.action !== 0 || query.tool !== 0,
      domain: query.domain !== 0,
      actor: query.actor !== 0,
      target: query.target !== 0,
      value: query.value !== null,
      risk: query.risk !== null,
      axes: query.axes.length > 0,
      fields: this.#fieldCount > 0,
      intent: intentOf !== null,
      recency: true,
      consequence: true,
      trajectory: query.run !== 0,
    }
    this.#spoken = spoken
    this.#weights = normalise(weights, spoken)
    return this
  }

  /** Whether the situation says anything about a signal. */
  speaks(signal: Signal): boolean {
    return this.#spoken[signal]
  }

  /**
   * Score of a row in [0, 1]. With a floor, rows that cannot exceed it are given up early.
   *
   * @returns -1 for a row that was given up.
   */
  score(slot: number, floor: number = -1): number {
    const row = slot * ROW
    const { words, floats } = this.#table
    const weights = this.#weights
    let score =
      weights.action *
        this.#actionOf(words[row + ROW_ACTION] ?? 0, words[row + ROW_TOOL] ?? 0, words[row + ROW_PACKED] ?? 0) +
      weights.recency * recencyOf(this.#hour - (words[row + ROW_HOUR] ?? 0))
    if (words[row + ROW_DOMAIN] === this.#domain) score += weights.domain
    if (words[row + ROW_ACTOR] === this.#actor) score += weights.actor
    if (words[row + ROW_TARGET] === this.#target) score += weights.target
    if (words[row + ROW_RUN] === this.#run) score += weights.trajectory
    if (weights.risk > 0) score += weights.risk * this.#riskOf(floats[row + ROW_RISK] ?? 0)
    if (weights.consequence > 0)
      score +=
        weights.consequence *
        this.#consequenceOf(floats[row + ROW_REVERSIBILITY] ?? 0, floats[row + ROW_MAGNITUDE] ?? 0)
    let rest = weights.value + weights.axes + weights.fields + weights.intent
    if (score + rest <= floor) return -1
    if (weights.fields > 0) {
      const count = (words[row + ROW_PACKED] ?? 0) & 0xff
      rest += this.#boundOfFields(words[row + ROW_BLOOM] ?? 0, words[row + ROW_BLOOM + 1] ?? 0, count) - weights.fields
      if (score + rest <= floor) return -1
    }
    if (weights.value > 0) {
      const value = weights.value * this.#closeness(this.#size - (floats[row + ROW_SIZE] ?? 0))
      score += value
      rest -= weights.value
      if (score + rest <= floor) return -1
    }
    if (weights.axes > 0) score += weights.axes * this.#axesOf(row)
    if (weights.fields > 0) score += weights.fields * this.#overlap(row)
    if (weights.intent > 0 && this.#intentOf) score += weights.intent * this.#intentOf(slot)
    return Math.min(1, score)
  }

  /** The signals of a row, of which {@link score} is the weighted mean: those that speak. */
  signals(slot: number): SignalValues {
    const row = slot * ROW
    const { words, floats } = this.#table
    const all: Readonly<Record<Signal, number>> = {
      action: this.#actionOf(words[row + ROW_ACTION] ?? 0, words[row + ROW_TOOL] ?? 0, words[row + ROW_PACKED] ?? 0),
      domain: Number(words[row + ROW_DOMAIN] === this.#domain),
      actor: Number(words[row + ROW_ACTOR] === this.#actor),
      target: Number(words[row + ROW_TARGET] === this.#target),
      value: this.#closeness(this.#size - (floats[row + ROW_SIZE] ?? 0)),
      risk: this.#riskOf(floats[row + ROW_RISK] ?? 0),
      axes: this.speaks('axes') ? this.#axesOf(row) : 0,
      fields: this.speaks('fields') ? this.#overlap(row) : 0,
      intent: this.#intentOf === null ? 0 : this.#intentOf(slot),
      recency: recencyOf(this.#hour - (words[row + ROW_HOUR] ?? 0)),
      consequence: this.#consequenceOf(floats[row + ROW_REVERSIBILITY] ?? 0, floats[row + ROW_MAGNITUDE] ?? 0),
      trajectory: Number(words[row + ROW_RUN] === this.#run),
    }
    return Object.fromEntries(SIGNALS.filter((signal) => this.speaks(signal)).map((signal) => [signal, all[signal]]))
  }

  /** What no case in a node's box exceeds. */
  bound(tree: CaseTree, node: number, known: BoxKnowledge): number {
    const at = node * NODE
    let bound = this.boundOfRest(tree, node, known)
    if (!known.isActorDone && within(tree.nodes, at + NODE_ACTOR, this.#actor)) bound += this.#weights.actor
    if (!known.isTargetDone && within(tree.nodes, at + NODE_TARGET, this.#target)) bound += this.#weights.target
    if (this.#weights.fields === 0) return bound
    return bound + (this.#weights.fields * (this.#fieldCount - known.missing)) / (this.#fieldCount + known.extra)
  }

  /** The same without what a tag tells of each case: fields, actor and target. */
  boundOfRest(tree: CaseTree, node: number, known: BoxKnowledge): number {
    const at = node * NODE
    const { nodes, floats } = tree
    const weights = this.#weights
    const isOfTool = within(nodes, at + NODE_TOOL, this.#tool)
    let bound =
      weights.action *
        this.#actionOf(nodes[at + NODE_ACTION] ?? 0, isOfTool ? this.#tool : 0, nodes[at + NODE_PACKED] ?? 0) +
      weights.recency * recencyOf(this.#hour - (nodes[at + NODE_HOUR] ?? 0)) +
      weights.intent
    if (weights.axes > 0) bound += weights.axes * this.#axesBound(floats, at)
    if (within(nodes, at + NODE_DOMAIN, this.#domain)) bound += weights.domain
    if (!known.isRunDone && this.#run !== 0) bound += weights.trajectory
    if (weights.risk > 0) bound += weights.risk * (1 - distance(floats, at + NODE_RISK, this.#risk))
    if (weights.consequence > 0) {
      const lowest = floats[at + NODE_REVERSIBILITY] ?? 0
      const reversibility = lowest === Number.POSITIVE_INFINITY ? Number.NaN : lowest
      bound += weights.consequence * this.#consequenceOf(reversibility, floats[at + NODE_MAGNITUDE] ?? 0)
    }
    if (weights.value > 0) bound += weights.value * this.#closeness(distance(floats, at + NODE_SIZE, this.#size))
    return bound
  }

  /** What fields, actor and target add at most to the score of the case in a place of a leaf. */
  boundOfTag(tree: CaseTree, place: number): number {
    const { tags } = tree
    const at = TAG * place
    const weights = this.#weights
    const tag = tags[at + 2] ?? 0
    let bound = this.#boundOfFields(tags[at] ?? 0, tags[at + 1] ?? 0, tag & 0xff)
    if (((tag ^ this.#tag) & 0xfff00000) === 0) bound += weights.target
    if (((tag ^ this.#tag) & 0x000fff00) === 0) bound += weights.actor
    return bound
  }

  /** Whether the word of a row that is compared by equality counts. */
  weighs(row: ChainRow): boolean {
    return this.#weights[row === ROW_TARGET ? 'target' : row === ROW_ACTOR ? 'actor' : 'trajectory'] > 0
  }

  /** The situation's hash in a word of a row. */
  hashOf(row: ChainRow): number {
    return row === ROW_TARGET ? this.#target : row === ROW_ACTOR ? this.#actor : this.#run
  }

  /** Whether the situation has a field. */
  hasField(field: number): boolean {
    const fields = this.#fields
    for (let place = field & (PLACES - 1); fields[place] !== 0; place = (place + 1) & (PLACES - 1))
      if (fields[place] === field) return true
    return false
  }

  #takeFields(fields: readonly number[]): void {
    this.#fields.fill(0)
    this.#fieldCount = 0
    this.#bloomLow = 0
    this.#bloomHigh = 0
    this.#bloomExcess = 0
    for (const each of fields) {
      const field = each | 0
      if (this.#fieldCount >= MAX_FIELDS || this.hasField(field)) continue
      let place = field & (PLACES - 1)
      while (this.#fields[place] !== 0) place = (place + 1) & (PLACES - 1)
      this.#fields[place] = field
      this.#fieldCount++
      const bit = bloomBit(field)
      const mask = 1 << (bit & 31)
      if (((bit < 32 ? this.#bloomLow : this.#bloomHigh) & mask) !== 0) this.#bloomExcess++
      if (bit < 32) this.#bloomLow |= mask
      else this.#bloomHigh |= mask
    }
  }

  /** Of the axes a box knows reversibility alone. */
  #axesBound(floats: Float32Array, at: number): number {
    const axes = this.#axes
    let loss = 0
    for (let axis = 0; axis < axes.length; axis += 2)
      if (axes[axis] === REVERSIBILITY) {
        const apart = distance(floats, at + NODE_REVERSIBILITY, Math.fround(axes[axis + 1] ?? 0))
        // In a box in which nobody said, no case has the axis.
        loss += Number.isNaN(apart) ? 1 : Math.min(1, apart)
      }
    return 1 - loss / (axes.length / 2)
  }

  #riskOf(risk: number): number {
    return 1 - Math.abs(this.#risk - risk)
  }

  #actionOf(action: number, tool: number, packed: number): number {
    if (
      this.#action !== 0 ? action === this.#action : this.#tool !== 0 && (tool === this.#tool || action === this.#tool)
    )
      return 1
    if (this.#tool !== 0 && tool === this.#tool) return SAME_TOOL
    return this.#verb !== 0 && (packed & VERB_BITS) === this.#verb ? SAME_VERB : 0
  }

  /** 1 for equal sizes, 0.6 one spread apart, 0.1 two; 0 for what is not known. */
  #closeness(difference: number): number {
    const spreads = difference / this.#spread
    return Number.isNaN(spreads) ? 0 : Math.exp(-0.5 * spreads * spreads)
  }

  #consequenceOf(reversibility: number, magnitude: number): number {
    const irreversible = Number.isNaN(reversibility) ? 0 : 1 - Math.min(1, Math.max(0, reversibility))
    return magnitude === 0 ? irreversible : Math.max(irreversible, magnitude / (magnitude + this.#median))
  }

  /** What the fields of a case add at most to its score, by their Bloom filter and number. */
  #boundOfFields(low: number, high: number, count: number): number {
    const weight = this.#weights.fields
    if (weight === 0) return 0
    const shared = bits(low & this.#bloomLow) + bits(high & this.#bloomHigh) + this.#bloomExcess
    const most = Math.min(shared, count, this.#fieldCount)
    return (weight * most) / (count + this.#fieldCount - most)
  }

  /** Share of fields that both have (Jaccard). */
  #overlap(row: number): number {
    const { words, terms } = this.#table
    const first = words[row + ROW_TERMS] ?? 0
    const count = (words[row + ROW_PACKED] ?? 0) & 0xff
    const fields = this.#fields
    let both = 0
    for (let at = first; at < first + count; at++) {
      const field = terms[at] ?? 0
      // Written out: this is most of what a comparison takes.
      for (let place = field & (PLACES - 1); fields[place] !== 0; place = (place + 1) & (PLACES - 1))
        if (fields[place] === field) {
          both++
          break
        }
    }
    return both / (count + this.#fieldCount - both)
  }

  /** Mean closeness over the axes asked for; an axis that the case lacks is no likeness. */
  #axesOf(row: number): number {
    const { words, floats, terms, termFloats } = this.#table
    if (!Number.isNaN(this.#reversibility)) {
      const apart = Math.abs(this.#reversibility - (floats[row + ROW_REVERSIBILITY] ?? 0))
      return apart < 1 ? 1 - apart : 0
    }
    const axes = this.#axes
    const packed = words[row + ROW_PACKED] ?? 0
    const first = (words[row + ROW_TERMS] ?? 0) + (packed & 0xff)
    const end = first + 2 * ((packed >>> 8) & 0xff)
    let sum = 0
    for (let axis = 0; axis < axes.length; axis += 2)
      for (let at = first; at < end; at += 2)
        if (terms[at] === axes[axis])
          sum += Math.max(0, 1 - Math.abs(Math.fround(axes[axis + 1] ?? 0) - (termFloats[at + 1] ?? 0)))
    return sum / (axes.length / 2)
  }
}

interface Question {
  readonly weights: Weights
  readonly scale: Scale
  /** @defaultValue null: nobody asks for words */
  readonly intentOf?: IntentOf | null
}

/** Weights as they count: those of signals that speak, adding up to 1; written out, so that all have the same shape. */
function normalise(weights: Weights, spoken: Readonly<Record<Signal, boolean>>): AllWeights {
  let total = 0
  for (const signal of SIGNALS) if (spoken[signal]) total += weights[signal] ?? 0
  const share = total > 0 ? 1 / total : 0
  return {
    action: spoken.action ? (weights.action ?? 0) * share : 0,
    domain: spoken.domain ? (weights.domain ?? 0) * share : 0,
    actor: spoken.actor ? (weights.actor ?? 0) * share : 0,
    target: spoken.target ? (weights.target ?? 0) * share : 0,
    value: spoken.value ? (weights.value ?? 0) * share : 0,
    risk: spoken.risk ? (weights.risk ?? 0) * share : 0,
    axes: spoken.axes ? (weights.axes ?? 0) * share : 0,
    fields: spoken.fields ? (weights.fields ?? 0) * share : 0,
    intent: spoken.intent ? (weights.intent ?? 0) * share : 0,
    recency: spoken.recency ? (weights.recency ?? 0) * share : 0,
    consequence: spoken.consequence ? (weights.consequence ?? 0) * share : 0,
    trajectory: spoken.trajectory ? (weights.trajectory ?? 0) * share : 0,
  }
}

const NOTHING_SPOKEN = {
  action: false,
  domain: false,
  actor: false,
  target: false,
  value: false,
  risk: false,
  axes: false,
  fields: false,
  intent: false,
  recency: false,
  consequence: false,
  trajectory: false,
} as const

/** What is known about the cases of a box beyond the box. */
export interface BoxKnowledge {
  /** Fields of the situation that no case in it has, and fields that the situation lacks and all of them have. */
  missing: number
  extra: number
  /** Whether all cases that share the word were looked at before. */
  readonly isActorDone: boolean
  readonly isTargetDone: boolean
  readonly isRunDone: boolean
}

const RECENCY_OF_HOUR = Float64Array.from({ length: HALF_LIFE_HOURS }, (_, hours) => 2 ** (-hours / HALF_LIFE_HOURS))

/** 2^{−hours/720} for whole hours; 1 for what is to come. */
function recencyOf(hours: number): number {
  if (hours <= 0) return 1
  const halvings = Math.floor(hours / HALF_LIFE_HOURS)
  const rest = RECENCY_OF_HOUR[hours - halvings * HALF_LIFE_HOURS] ?? 0
  return halvings === 0 ? rest : halvings < 31 ? rest / (1 << halvings) : 0
}

function within(ranges: Int32Array, at: number, hash: number): boolean {
  return (ranges[at] ?? 0) <= hash && hash <= (ranges[at + 1] ?? 0)
}

/** How far a number is from a range: NaN for an empty range, 0 within. */
function distance(floats: Float32Array, at: number, number: number): number {
  const [lowest, highest] = [floats[at] ?? 0, floats[at + 1] ?? 0]
  if (lowest > highest) return Number.NaN
  return number < lowest ? lowest - number : number > highest ? number - highest : 0
}

function bits(word: number): number {
  let x = word - ((word >>> 1) & 0x55555555)
  x = (x & 0x33333333) + ((x >>> 2) & 0x33333333)
  return Math.imul((x + (x >>> 4)) & 0x0f0f0f0f, 0x01010101) >>> 24
}
