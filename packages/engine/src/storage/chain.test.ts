import { createHash } from 'node:crypto'
import { canonicalJson } from '@bighub/core/protocol'
import fc from 'fast-check'
import { describe, expect, it } from 'vitest'
import { chainRecord, findChainFault, GENESIS_HASH, type UnchainedRecord } from './chain.ts'
import type { LogHead, LogRecord } from './storage.ts'

const START: LogHead = { seq: 0, hash: GENESIS_HASH }

function chainOf(count: number, fields: Partial<UnchainedRecord> = {}): LogRecord[] {
  let head = START
  return Array.from({ length: count }, (_, n) => {
    const claim = n === 1 ? { effect_key: 'key-1', arguments_digest: 'd', owner: 'o' } : null
    const chained = chainRecord('default', head, {
      type: 'evaluation',
      at: 1000 + n,
      subject: `act_${n}`,
      kept: { n, claim },
      payload: { words: `w${n}` },
      ...(claim ? { effectKey: claim.effect_key } : {}),
      ...fields,
    })
    head = { seq: chained.seq, hash: chained.hash }
    return chained
  })
}

/** The chain with one record changed. */
function tampered(change: Partial<LogRecord>, at = 1): LogRecord[] {
  const records = chainOf(4)
  return records.toSpliced(at, 1, { ...(records[at] as LogRecord), ...change })
}

describe('the chain', () => {
  it('is sound as it was written', () => {
    expect(findChainFault('default', START, chainOf(5))).toBeNull()
    expect(findChainFault('default', START, [])).toBeNull()
  })

  it('hashes the canonical JSON of the record and the hash before it', () => {
    const [record] = chainOf(1)
    const hash = (text: string): string => createHash('sha256').update(text).digest('hex')
    expect(record?.payloadDigest).toBe(hash('{"words":"w0"}'))
    expect(record?.hash).toBe(
      hash(
        canonicalJson({
          organisation: 'default',
          previous: GENESIS_HASH,
          seq: 1,
          type: 'evaluation',
          at: 1000,
          subject: 'act_0',
          kept: { n: 0, claim: null },
          payload: record?.payloadDigest,
        }),
      ),
    )
  })

  it.each<[keyof LogRecord, Partial<LogRecord>]>([
    ['type', { type: 'outcome' }],
    ['at', { at: 1002 }],
    ['subject', { subject: 'act_9' }],
    ['kept', { kept: { n: 1, claim: null } }],
    ['payload', { payload: { words: 'others' } }],
    ['payloadDigest', { payloadDigest: '0'.repeat(64), payload: null }],
    ['hash', { hash: 'f'.repeat(64) }],
    ['effectKey', { effectKey: null }],
    ['effectKey', { effectKey: 'key-2' }],
    ['seq', { seq: 7 }],
  ])('shows a change of %s', (_, change) => {
    expect(findChainFault('default', START, tampered(change))).toMatchObject({ seq: 2 })
  })

  it('shows a key that was given to a record which claims nothing', () => {
    expect(findChainFault('default', START, tampered({ effectKey: 'key-9' }, 2))).toMatchObject({ seq: 3 })
  })

  it('takes the key of a record that claims nothing from what it keeps, and shows a change of either', () => {
    const told = { kept: { unique_key: 'memory:e1' }, effectKey: 'memory:e1' }
    const [record] = chainOf(1, told) as [LogRecord]
    expect(findChainFault('default', START, [record])).toBeNull()
    for (const effectKey of ['memory:e2', null])
      expect(findChainFault('default', START, [{ ...record, effectKey }])).toMatchObject({ seq: 1 })
    const kept = { unique_key: 'memory:e2' }
    expect(findChainFault('default', START, [{ ...record, kept, effectKey: 'memory:e2' }])).toMatchObject({ seq: 1 })
  })

  it('shows a record that was dropped, doubled, put in between or moved', () => {
    const [a, b, c, d] = chainOf(4) as [LogRecord, LogRecord, LogRecord, LogRecord]
    expect(findChainFault('default', START, [a, c, d])).toEqual({ seq: 2, problem: 'gap' })
    expect(findChainFault('default', START, [b, c, d])).toEqual({ seq: 1, problem: 'gap' })
    expect(findChainFault('default', START, [a, { ...c, seq: 2 }, { ...d, seq: 3 }])).toMatchObject({ seq: 2 })
    expect(findChainFault('default', START, [a, a, b])).toMatchObject({ seq: 2 })
    expect(findChainFault('default', START, [b, a, c])).toMatchObject({ seq: 1 })
  })

  it('shows a chain that belongs to another organisation', () => {
    expect(findChainFault('other', START, chainOf(2))).toEqual({ seq: 1, problem: 'record_changed' })
  })

  it('still verifies where a payload was erased', () => {
    expect(findChainFault('default', START, tampered({ payload: null }))).toBeNull()
  })

  it('can be checked from any record on', () => {
    const records = chainOf(5)
    const third = records[2]
    expect(findChainFault('default', { seq: 3, hash: third?.hash ?? '' }, records.slice(3))).toBeNull()
    expect(findChainFault('default', { seq: 3, hash: GENESIS_HASH }, records.slice(3))).toMatchObject({ seq: 4 })
  })

  it('verifies after it went through JSON, whatever was in it', () => {
    const json = fc.dictionary(fc.string(), fc.jsonValue({ maxDepth: 4 }), { maxKeys: 5 })
    fc.assert(
      fc.property(json, json, fc.string(), (data, payload, subject) => {
        const kept = { data }
        const record = chainRecord('default', START, { type: 'outcome', at: 1, subject, kept, payload })
        const read = JSON.parse(JSON.stringify(record)) as LogRecord
        expect(findChainFault('default', START, [read])).toBeNull()
      }),
    )
  })
})
