import { hash } from 'node:crypto'
import { canonicalJson } from '@bighub/core/protocol'
import type { ChainedRecord, JsonRecord, LogHead, LogRecord } from './storage.ts'

/** Hash that stands before the first record of every chain. */
export const GENESIS_HASH: string = '0'.repeat(64)

/** A record before it has its place in the chain. */
export interface UnchainedRecord extends Pick<LogRecord, 'type' | 'at' | 'subject' | 'kept'> {
  readonly payload: JsonRecord
  /** Canonical JSON of the payload, where the caller has it already. */
  readonly payloadText?: string
  readonly effectKey?: string
}

/** SHA-256 of a text, lower-case hex. */
export function sha256(text: string): string {
  return hash('sha256', text, 'hex')
}

/** Puts a record behind the head: gives it its number, the digest of its payload and its hash. */
export function chainRecord(organisation: string, head: LogHead, record: UnchainedRecord): ChainedRecord {
  const seq = head.seq + 1
  const { type, at, subject, kept, payload } = record
  const keptText = canonicalJson(kept)
  const payloadText = record.payloadText ?? canonicalJson(payload)
  const payloadDigest = sha256(payloadText)
  const placed = { seq, type, at, subject, payloadDigest }
  const own = hashRecord(organisation, head.hash, placed, keptText)
  return { ...placed, kept, payload, hash: own, effectKey: record.effectKey ?? null, keptText, payloadText }
}

/**
 * Hash of a record: SHA-256 over the canonical JSON (RFC 8785) of its fields, of the organisation and of the hash before it.
 * The payload stands as its own digest, so that it can be erased and the chain still verifies (architecture.md §4.3).
 */
export function hashRecord(
  organisation: string,
  previous: string,
  record: Pick<LogRecord, 'seq' | 'type' | 'at' | 'subject' | 'payloadDigest'>,
  keptText: string,
): string {
  const { seq, type, at, subject, payloadDigest } = record
  // Keys in canonical order; what `kept` holds is canonical text already.
  return sha256(
    `{"at":${JSON.stringify(at)},"kept":${keptText},"organisation":${JSON.stringify(organisation)},"payload":"${payloadDigest}",` +
      `"previous":"${previous}","seq":${seq},"subject":${JSON.stringify(subject)},"type":"${type}"}`,
  )
}

/** What is wrong with a chain, and where. */
export interface ChainFault {
  readonly seq: number
  readonly problem: 'gap' | 'payload_changed' | 'record_changed'
}

/** Checks that records follow the head without gap or change. Null when they do; an erased payload is no fault. */
export function findChainFault(organisation: string, head: LogHead, records: Iterable<LogRecord>): ChainFault | null {
  let { seq, hash: previous } = head
  for (const record of records) {
    seq++
    if (record.seq !== seq) return { seq, problem: 'gap' }
    if (record.payload !== null && sha256(canonicalJson(record.payload)) !== record.payloadDigest)
      return { seq, problem: 'payload_changed' }
    // The key stands in its own column, so that it can be unique; what was hashed is what is kept of it.
    const isOtherKey = record.effectKey?.toWellFormed() !== keptKey(record.kept)?.toWellFormed()
    if (isOtherKey || hashRecord(organisation, previous, record, canonicalJson(record.kept)) !== record.hash)
      return { seq, problem: 'record_changed' }
    previous = record.hash
  }
  return null
}

/** The key that a record was given: of the call that it claims, or else of what it tells, so that it is told once. */
function keptKey(kept: LogRecord['kept']): string | undefined {
  const claim = kept['claim'] as { readonly effect_key?: string } | null | undefined
  return claim?.effect_key ?? (kept['unique_key'] as string | undefined)
}
