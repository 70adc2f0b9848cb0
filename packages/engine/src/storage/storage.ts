import type { ApprovalItem, ApprovalStatus } from '@bighub/core/protocol'
import type { CompiledQuery, Kysely } from 'kysely'
import type { Tables } from './tables.ts'

/** A value now, or a promise of it: SQLite answers at once, a server does not. */
export type Awaitable<T> = T | Promise<T>

/** What can stand in the log. Everything learned is a fold of these, in their order. */
export const RECORD_TYPES = [
  'evaluation',
  'outcome',
  'approval_resolved',
  'approval_consumed',
  'approval_ended',
  // One approval of several that are needed.
  'approval_voted',
  // Nobody has answered, and more people are asked.
  'approval_escalated',
  'effect_claimed',
  'effect_settled',
  'constraint_changed',
  'policy_changed',
  'kill_switch_changed',
  // An action that was checked against the rules alone.
  'rules_validated',
  // A decision made elsewhere, or more about one of ours.
  'case_created',
  'case_annotated',
  'event_ingested',
  'memory_stored',
  // A prediction of elsewhere with what came of it.
  'observation_recorded',
  'features_snapshotted',
  // A webhook that failed for so long that nothing is sent to it any more.
  'webhook_disabled',
  // Words that were erased: of which records, when and why.
  'payloads_erased',
] as const
export type RecordType = (typeof RECORD_TYPES)[number]

/** JSON data of a record. */
export type JsonRecord = Readonly<Record<string, unknown>>

/** One appended, chained record. Its hash covers everything here, with the payload standing as its own digest (see chain.ts). */
export interface LogRecord {
  /** 1, 2, 3 … without gaps in an organisation. */
  readonly seq: number
  readonly type: RecordType
  /** Milliseconds since the epoch. */
  readonly at: number
  /** What it is about: the decision's `request_id`, a rule's id, a switch's id, `policy`. */
  readonly subject: string
  /** What the fold needs: numbers, hashes and names. Stays when the payload is erased. */
  readonly kept: JsonRecord
  /** Words: request, answer, descriptions. Null when it was erased. */
  readonly payload: JsonRecord | null
  /** SHA-256 of the payload's canonical JSON, lower-case hex. */
  readonly payloadDigest: string
  /** SHA-256 over this record and the hash before it, lower-case hex. */
  readonly hash: string
  /** The call that this record claims; at most one record of an organisation has each key. */
  readonly effectKey: string | null
}

/** A record on its way into the log, with the texts that were hashed. */
export interface ChainedRecord extends LogRecord {
  readonly keptText: string
  readonly payloadText: string
}

export interface LogHead {
  readonly seq: number
  readonly hash: string
}

/** What an operation has to know besides the folded state; each is looked up inside its transaction. */
export interface Reads {
  /** The record that claims this call. */
  readonly effectKey?: string
  readonly approval?: string
  /** All records about this. */
  readonly subject?: string
}

export interface Found {
  readonly claim: LogRecord | null
  readonly approval: ApprovalItem | null
  readonly records: readonly LogRecord[]
}

/** Everything that is written together, or not at all. */
export interface WriteBatch {
  readonly records: readonly ChainedRecord[]
  readonly approvals: readonly ApprovalItem[]
}

export interface TransactionRequest {
  /** The last record that the caller has folded. */
  readonly afterSeq: number
  readonly reads: readonly Reads[]
  /** Wait until the disk has it: survives a power cut. */
  readonly sync: boolean
}

/** Works out what is written, from what was found and from what others appended meanwhile. Called once, with nobody else writing. */
export type TransactionWork = (found: readonly Found[], foreign: readonly LogRecord[]) => WriteBatch

export interface ModelSnapshot {
  /** Number of the last record that is folded in. */
  readonly seq: number
  /** Version of the state's form; another one is not restored. */
  readonly format: number
  /** Plain, structured-clonable data. */
  readonly state: unknown
}

/**
 * Where an organisation's log lives, and the projections that are written with it. One handle serves one organisation, which
 * is part of every key. All parts are rebuilt from the log if need be; the log is the truth.
 */
export interface Storage {
  /** Path of the file, or a description of the store. */
  readonly path: string
  /**
   * Looks up, works out and writes in one exclusive transaction.
   *
   * @throws StorageError if it cannot be written, or whatever `work` throws; nothing is written then.
   */
  transact(request: TransactionRequest, work: TransactionWork): Awaitable<void>
  head(): Awaitable<LogHead>
  /** Records after `seq`, in order, at most `limit`. */
  readAfter(seq: number, limit: number): Awaitable<readonly LogRecord[]>
  /** All records about one subject, in order. */
  readSubject(subject: string): Awaitable<readonly LogRecord[]>
  readApproval(requestId: string): Awaitable<ApprovalItem | null>
  listApprovals(status: ApprovalStatus | null, limit: number): Awaitable<readonly ApprovalItem[]>
  /** The newest snapshot that can be read and has this form; null if there is none. */
  readSnapshot(format: number): Awaitable<ModelSnapshot | null>
  /** Keeps a snapshot and drops all but the newest two. */
  writeSnapshot(snapshot: ModelSnapshot): Awaitable<void>
  /** Whether somebody else has written since the last transaction. */
  hasForeignWrites(): Awaitable<boolean>
  /** The organisation's number in this store. */
  readonly organisation: number
  /** The tables beside the log, for single statements. */
  readonly database: Kysely<Tables>
  /**
   * Runs statements in one transaction. Where the first of them changes no row, nothing is written.
   *
   * @returns whether it was written.
   */
  batch(statements: readonly CompiledQuery[]): Awaitable<boolean>
  /** Records of the organisation with these numbers lose their words; the chain keeps the digests. */
  erasePayloads(seqs: readonly number[]): Awaitable<void>
  close(): Awaitable<void>
}
