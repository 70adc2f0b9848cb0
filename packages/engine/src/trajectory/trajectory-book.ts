import type { Observation, TrajectoryHealth, TrajectoryState } from '@bighub/core/protocol'
import type { RunFacts, RunTexts } from '../features/action-facts.ts'
import { countInstructionWords, hasStrongMarker, instructionLevel } from '../features/instruction-wording.ts'
import {
  type HeardWords,
  hearUser,
  NO_WORDS,
  outputWords,
  type RunWordsState,
  type UserWords,
  withAction,
  withObserved,
} from './run-words.ts'
import { tokenHashes } from './token-hashes.ts'

/** Most runs remembered; the one that moved longest ago is forgotten first. */
const MAX_RUNS = 2000
/** Steps of a run that health looks back on. */
const WINDOW = 10
/** Most refused or repeated calls remembered in a run. */
const MAX_DIGESTS = 64
/** Most suspicious outputs remembered in a run. */
const MAX_SUSPICIOUS = 4
const MAX_SUSPICIOUS_TOKENS = 200

/** An output that reads like instructions: how much, and hashes of its words. */
interface SuspiciousOutput {
  readonly level: 1 | 2 | 3
  readonly tokens: readonly number[]
}

/** What the observations since the last evaluation say: numbers and hashes only, so that the fold needs no words. */
export interface ObservedFacts extends HeardWords {
  readonly errors: number
  readonly instruction_hits: number
  readonly suspicious: readonly SuspiciousOutput[]
}

/** One run's past, bounded. */
interface RunRecord {
  step: number
  errors: number
  /** Per step of the window: whether an error was seen before it. */
  recentErrors: number[]
  cost: number
  risk: number
  debt: number
  irreversible: number
  risky: number
  refusals: number
  repetitions: number
  instructionHits: number
  lastActions: string[]
  lastFailure: string | null
  counts: Map<string, number>
  /** Refused calls: arguments digest → the decision and the version of rules and policy it was refused under. */
  refused: Map<string, { requestId: string; version: number }>
  suspicious: SuspiciousOutput[]
  words: RunWordsState
}

/** What one evaluation adds to its run. */
export interface TrajectoryStep {
  readonly trajectory_id: string
  readonly action: string
  readonly digest: string | null
  readonly value: number | null
  readonly risk: number
  /** Null when nobody said. */
  readonly mutating: boolean | null
  readonly reversibility: number | null
  readonly observed: ObservedFacts
}

/** The action that facts of its run are asked for. */
export interface ProposedAction {
  readonly action: string
  readonly observed: ObservedFacts
  readonly arguments: Readonly<Record<string, unknown>>
  readonly provenance: Readonly<Record<string, string>>
  readonly texts: RunTexts | null
}

/** The runs an engine knows: a fold of evaluations and refusals. */
export class TrajectoryBook {
  readonly #runs = new Map<string, RunRecord>()

  /** Steps of a run so far. */
  stepOf(id: string | null): number {
    return (id === null ? undefined : this.#runs.get(id))?.step ?? 0
  }

  /** What the user has said in a run so far; null if nothing. */
  userWordsOf(id: string | null): UserWords | null {
    return (id === null ? undefined : this.#runs.get(id))?.words.said ?? null
  }

  /** What is known of a run once its newest observations are read. */
  factsFor(id: string | null, proposed: ProposedAction): RunFacts {
    const { action, observed, provenance, texts } = proposed
    const run = id === null ? undefined : this.#runs.get(id)
    return {
      id,
      step: run?.step ?? 0,
      previousActions: run?.lastActions.slice(-3) ?? [],
      errors: (run?.errors ?? 0) + observed.errors,
      repeats: run?.counts.get(action) ?? 0,
      refusals: run?.refusals ?? 0,
      instructionHits: (run?.instructionHits ?? 0) + observed.instruction_hits,
      taint: taintOf([...(run?.suspicious ?? []), ...observed.suspicious], proposed.arguments, provenance),
      words: withObserved(run?.words ?? NO_WORDS, observed),
      texts,
    }
  }

  /** Health of the run with its newest observations (engine.md §1, stage 4). Null for an action that stands alone. */
  health(id: string | null, observed: ObservedFacts): TrajectoryHealth | null {
    if (id === null) return null
    const run = this.#runs.get(id)
    const failures = sum(run?.recentErrors ?? []) + observed.errors
    const trouble = failures + (run?.refusals ?? 0) + Math.max(0, (run?.repetitions ?? 0) - 1) + (run?.risky ?? 0) / 2
    if (trouble >= 8) return 'critical'
    if (trouble >= 4) return 'at_risk'
    return trouble >= 2 ? 'degrading' : 'healthy'
  }

  /** The decision that refused this same call in this run under the same rules and policy. */
  refusalOf(id: string | null, digest: string | null, version: number): string | null {
    if (id === null || digest === null) return null
    const refusal = this.#runs.get(id)?.refused.get(digest)
    return refusal && refusal.version === version ? refusal.requestId : null
  }

  stateOf(id: string): TrajectoryState {
    const run = this.#runs.get(id) ?? newRun()
    return {
      trajectory_id: id,
      step_index: run.step,
      cumulative_cost: run.cost,
      cumulative_risk: run.risk,
      verification_debt: run.debt,
      irreversible_actions_count: run.irreversible,
      recent_failures_count: sum(run.recentErrors),
      consecutive_risky_actions: run.risky,
      refusals_count: run.refusals,
      repetitions_count: run.repetitions,
      in_recovery: run.lastFailure !== null,
      last_failure_action: run.lastFailure,
      last_n_actions: [...run.lastActions],
      has_debt: run.debt > 0.5,
    }
  }

  /** Folds one evaluation. */
  advance(step: TrajectoryStep): void {
    const run = this.#touch(step.trajectory_id)
    const { observed } = step
    run.errors += observed.errors
    run.recentErrors.push(observed.errors)
    if (run.recentErrors.length > WINDOW) run.recentErrors.shift()
    run.lastFailure = observed.errors > 0 ? (run.lastActions.at(-1) ?? null) : null
    run.instructionHits += observed.instruction_hits
    run.suspicious = [...run.suspicious, ...observed.suspicious].slice(-MAX_SUSPICIOUS)
    if (step.digest !== null) run.repetitions += countRepetition(run.counts, step.digest)
    countRepetition(run.counts, step.action)
    run.words = withAction(withObserved(run.words, observed), step.action, step.mutating)
    run.step++
    run.cost += Math.abs(step.value ?? 0)
    run.risk += step.risk
    run.risky = step.risk >= 0.5 ? run.risky + 1 : 0
    // A change that nobody looked at leaves a debt of its risk; a look pays half of it.
    run.debt = step.mutating === false ? run.debt / 2 : run.debt + (step.mutating ? step.risk : 0)
    if (step.reversibility !== null && step.reversibility < 0.2 && step.mutating !== false) run.irreversible++
    run.lastActions.push(step.action)
    if (run.lastActions.length > WINDOW) run.lastActions.shift()
  }

  /** Folds a refusal: blocked, or declined by a person. */
  refuse(id: string, digest: string | null, requestId: string, version: number): void {
    const run = this.#touch(id)
    run.refusals++
    if (digest === null) return
    run.refused.set(digest, { requestId, version })
    if (run.refused.size > MAX_DIGESTS) dropOldest(run.refused)
  }

  snapshot(): unknown {
    return [...this.#runs].map(([id, run]) => [id, copyOf(run)])
  }

  restore(snapshot: unknown): void {
    this.#runs.clear()
    for (const [id, run] of snapshot as [string, RunRecord][]) this.#runs.set(id, copyOf(run))
  }

  #touch(id: string): RunRecord {
    const run = this.#runs.get(id) ?? newRun()
    this.#runs.delete(id)
    this.#runs.set(id, run)
    if (this.#runs.size > MAX_RUNS) dropOldest(this.#runs)
    return run
  }
}

/**
 * Reads what came with an evaluation: observations, and the user's words, which go on from those heard `before`. Outputs of
 * trusted tools are data and never suspicious.
 */
export function readObservations(
  observations: readonly Observation[],
  userText: string = '',
  before: UserWords | null = null,
): ObservedFacts {
  let errors = 0
  let hits = 0
  let strong = 0
  const suspicious: SuspiciousOutput[] = []
  const words: string[] = []
  for (const observation of observations) {
    const { text = '', error, trusted } = observation
    if (error) errors++
    if (text !== '') words.push(outputWords(observation))
    if (text === '' || trusted) continue
    if (hasStrongMarker(text)) strong++
    hits += countInstructionWords(text)
    const level = instructionLevel(text)
    if (level > 0) suspicious.push({ level, tokens: tokenHashes(text, MAX_SUSPICIOUS_TOKENS) } as SuspiciousOutput)
  }
  return {
    errors,
    instruction_hits: hits,
    suspicious: suspicious.slice(-MAX_SUSPICIOUS),
    strong,
    output_words: words,
    user: userText === '' ? null : hearUser(userText, before),
  }
}

/** The strongest suspicious output that an argument's words all occur in, for arguments that did not come from the user. */
function taintOf(
  outputs: readonly SuspiciousOutput[],
  args: Readonly<Record<string, unknown>>,
  provenance: Readonly<Record<string, string>>,
): 0 | 1 | 2 | 3 {
  let taint: 0 | 1 | 2 | 3 = 0
  if (outputs.length === 0) return taint
  for (const [path, value] of Object.entries(args)) {
    const label = Object.hasOwn(provenance, path) ? provenance[path] : undefined
    if (label === 'user' || label === 'both' || typeof value !== 'string' || value.length < 4) continue
    const tokens = tokenHashes(value, 32)
    if (tokens.length === 0) continue
    for (const output of outputs)
      if (output.level > taint && tokens.every((token) => output.tokens.includes(token))) taint = output.level
  }
  return taint
}

function countRepetition(counts: Map<string, number>, key: string): number {
  const before = counts.get(key) ?? 0
  counts.set(key, before + 1)
  if (counts.size > MAX_DIGESTS * 2) dropOldest(counts)
  return before > 0 ? 1 : 0
}

function newRun(): RunRecord {
  return {
    step: 0,
    errors: 0,
    recentErrors: [],
    cost: 0,
    risk: 0,
    debt: 0,
    irreversible: 0,
    risky: 0,
    refusals: 0,
    repetitions: 0,
    instructionHits: 0,
    lastActions: [],
    lastFailure: null,
    counts: new Map(),
    refused: new Map(),
    suspicious: [],
    words: NO_WORDS,
  }
}

function copyOf(run: RunRecord): RunRecord {
  return {
    ...run,
    counts: new Map(run.counts),
    refused: new Map(run.refused),
    lastActions: [...run.lastActions],
    recentErrors: [...run.recentErrors],
    suspicious: [...run.suspicious],
  }
}

function dropOldest<K>(map: Map<K, unknown>): void {
  const oldest = map.keys().next()
  if (!oldest.done) map.delete(oldest.value)
}

function sum(values: readonly number[]): number {
  return values.reduce((total, value) => total + value, 0)
}
