import { existsSync, mkdirSync, readFileSync, renameSync, writeFileSync } from 'node:fs'
import { dirname } from 'node:path'
import { deserialize } from 'node:v8'
import {
  ConfigurationError,
  type DecisionApi,
  type EvaluateRequest,
  type EvaluateResponse,
  type Evaluator,
  EvaluatorError,
  type OutcomeReport,
  type OutcomeReportRequest,
  type StateSnapshot,
  stateSnapshotSchema,
} from '@bighub/core/protocol'
import { EngineState, STATE_FORMAT } from '../engine-state.ts'
import { evaluate } from '../evaluate/evaluate.ts'
import { normaliseRequest } from '../evaluate/normalise-request.ts'
import { newId } from '../new-id.ts'
import { decisionIdOf, parseOutcome, planOutcome } from '../outcomes/outcome-record.ts'
import type { LogRecord } from '../storage/storage.ts'

export interface FollowerOptions {
  /** The server whose state is followed, such as a `BighubClient` whose key may read actions. */
  readonly source: Pick<DecisionApi, 'operations'>
  /** Where the last snapshot is kept for the next start; null keeps it in memory alone. @defaultValue '.bighub/followed.json' */
  readonly file?: string | null
  /** Milliseconds between two snapshots. @defaultValue 60000 */
  readonly everyMs?: number
  /** @defaultValue Date.now */
  readonly now?: () => number
}

/** What a follower knows. */
export interface Followed {
  /** The last record of the server's log that is folded in. */
  readonly seq: number
  readonly hash: string
}

/** Decisions of its own that may still get an outcome. */
const MAX_DECISIONS = 10_000

/**
 * Decides as a server would, from the last snapshot of its state: what it has learned, its constraints, policy and kill switches
 * (`GET /ops/snapshot`). For a guard's `fallback` in fail mode `local`. It keeps no log: what it decides counts for limits and teaches
 * here until the next snapshot, and the guard tells the server of those calls when it is back. Nothing is claimed and no approval opened; a held call is
 * kept by the guard.
 *
 * Until it has a snapshot it refuses to judge, and so the call fails closed.
 */
export class Follower implements Evaluator, AsyncDisposable {
  readonly #options: Required<FollowerOptions>
  readonly #timer: NodeJS.Timeout
  readonly #decisions = new Map<string, LogRecord[]>()
  #state: EngineState | undefined
  #followed: Followed | null = null
  #problem: string | null = null
  #refreshing: Promise<boolean> | undefined

  constructor(options: FollowerOptions) {
    this.#options = { file: '.bighub/followed.json', everyMs: 60_000, now: Date.now, ...options }
    const { everyMs, source } = this.#options
    if (typeof source?.operations?.snapshot !== 'function')
      throw new ConfigurationError('source', 'needs an object with operations.snapshot(), such as a BighubClient')
    if (!Number.isFinite(everyMs) || everyMs < 100)
      throw new ConfigurationError('everyMs', `${everyMs} is not a number of at least 100`)
    this.#readFile()
    this.#timer = setInterval(() => void this.refresh(), everyMs)
    this.#timer.unref()
    void this.refresh()
  }

  /** Which state it decides by; null while it has none. */
  get followed(): Followed | null {
    return this.#followed
  }

  /** Why the last try for a snapshot came to nothing; null after one that did not. */
  get problem(): string | null {
    return this.#problem
  }

  /** Asks for the newest snapshot. @returns whether it got one; when not, the one before stays and {@link problem} says why. Never throws. */
  refresh(): Promise<boolean> {
    this.#refreshing ??= this.#refresh().finally(() => (this.#refreshing = undefined))
    return this.#refreshing
  }

  async evaluate(request: EvaluateRequest): Promise<EvaluateResponse> {
    const state = this.#state
    if (!state)
      throw new EvaluatorError(
        'failed',
        `the follower has no snapshot of its server yet${this.#problem ? `: ${this.#problem}` : ''}`,
      )
    const normalised = normaliseRequest(request)
    const at = this.#options.now()
    const { response, kept } = evaluate(normalised, state, { at, id: newId(at) })
    if (normalised.isDryRun) return response
    const record = toRecord(
      'evaluation',
      response.request_id,
      at,
      { ...kept },
      { request: normalised.recorded, response },
    )
    state.apply(record)
    state.hear(record)
    this.#remember(response.request_id, record)
    return response
  }

  async reportOutcome(request: OutcomeReportRequest): Promise<OutcomeReport> {
    const parsed = parseOutcome(request)
    const at = this.#options.now()
    const moment = { at, id: newId(at), organisation: 'followed', source: 'api' }
    const requestId = decisionIdOf(parsed)
    const { record, report } = planOutcome(parsed, this.#decisions.get(requestId) ?? [], moment)
    const told = toRecord('outcome', requestId, at, record.kept, record.payload)
    this.#state?.apply(told)
    this.#remember(requestId, told)
    return report
  }

  /** Asks no more. */
  async close(): Promise<void> {
    clearInterval(this.#timer)
    await this.#refreshing
  }

  async [Symbol.asyncDispose](): Promise<void> {
    await this.close()
  }

  async #refresh(): Promise<boolean> {
    try {
      const snapshot = await this.#options.source.operations.snapshot()
      this.#take(snapshot)
      this.#writeFile(snapshot)
      this.#problem = null
      return true
    } catch (error) {
      // Mostly the server is away, which is what a follower is for.
      this.#problem = error instanceof Error ? error.message : String(error)
      return false
    }
  }

  /** Restores into a fresh state, so that one that cannot be restored spoils nothing. @throws Error if it is of another version. */
  #take({ format, seq, hash, state }: StateSnapshot): void {
    if (format !== STATE_FORMAT)
      throw new Error(
        `the server's state has form ${format}, this engine's ${STATE_FORMAT}: run the same version on both sides`,
      )
    const fresh = new EngineState()
    fresh.restore(deserialize(Buffer.from(state, 'base64')))
    this.#state = fresh
    this.#followed = { seq, hash }
  }

  #readFile(): void {
    const { file } = this.#options
    if (file === null || !existsSync(file)) return
    try {
      this.#take(stateSnapshotSchema.parse(JSON.parse(readFileSync(file, 'utf8'))))
    } catch (error) {
      // A snapshot is a cache: the next one takes its place.
      this.#problem = `${file}: ${error instanceof Error ? error.message : String(error)}`
    }
  }

  /** Written beside and renamed, so that nobody reads half of it. */
  #writeFile(snapshot: StateSnapshot): void {
    const { file } = this.#options
    if (file === null) return
    mkdirSync(dirname(file), { recursive: true })
    writeFileSync(`${file}.${process.pid}`, JSON.stringify(snapshot), { mode: 0o600 })
    renameSync(`${file}.${process.pid}`, file)
  }

  #remember(requestId: string, record: LogRecord): void {
    this.#decisions.set(requestId, [...(this.#decisions.get(requestId) ?? []), record])
    if (this.#decisions.size <= MAX_DECISIONS) return
    const oldest = this.#decisions.keys().next()
    if (!oldest.done) this.#decisions.delete(oldest.value)
  }
}

/** A follower of a server. @throws ConfigurationError naming the option whose value cannot work. */
export function followServer(options: FollowerOptions): Follower {
  return new Follower(options)
}

/** As it would stand in a log; it never does. */
function toRecord(
  type: 'evaluation' | 'outcome',
  subject: string,
  at: number,
  kept: LogRecord['kept'],
  payload: LogRecord['payload'],
): LogRecord {
  return { seq: 0, type, at, subject, kept, payload, payloadDigest: '', hash: '', effectKey: null }
}
