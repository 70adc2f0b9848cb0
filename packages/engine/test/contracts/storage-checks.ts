import { deepEqual, equal, ok, rejects } from 'node:assert/strict'
import type { ApprovalItem } from '@bighub/core/protocol'
import { chainRecord, GENESIS_HASH, type UnchainedRecord } from '../../src/storage/chain.ts'
import type { ChainedRecord, LogHead, Reads, Storage, WriteBatch } from '../../src/storage/storage.ts'

/** One thing that every storage must do. `run` throws where it does not. */
export interface StorageCheck {
  readonly name: string
  run(store: StoreUnderTest): Promise<void>
}

/** One empty store; whoever made it closes and removes it afterwards. */
export interface StoreUnderTest {
  /** A handle of its own on the store, each time it is called. */
  readonly open: (organisation?: string) => Promise<Storage>
}

const ORGANISATION = 'default'

function record(fields: Partial<UnchainedRecord> = {}): UnchainedRecord {
  return {
    type: 'evaluation',
    at: 1_780_000_000_000,
    subject: 'act_1',
    kept: { action: 'refund', value: 12.5, list: [1, 'ä', null] },
    payload: { request: { text: 'größe 😀' } },
    ...fields,
  }
}

function approval(requestId: string, fields: Partial<ApprovalItem> = {}): ApprovalItem {
  return {
    request_id: requestId,
    action: 'refund',
    actor: 'agent',
    status: 'pending',
    risk_score: 0.4,
    reason: 'value 200 needs approval above 100',
    created_at: '2026-07-01T12:00:00.000Z',
    arguments_digest: 'd',
    expires_at: '2026-07-02T12:00:00.000Z',
    ...fields,
  }
}

function chain(head: LogHead, records: readonly UnchainedRecord[], organisation = ORGANISATION): ChainedRecord[] {
  let at = head
  return records.map((each) => {
    const chained = chainRecord(organisation, at, each)
    at = { seq: chained.seq, hash: chained.hash }
    return chained
  })
}

/** Appends records to whatever is there, and returns them as they were written. */
async function append(
  storage: Storage,
  records: readonly UnchainedRecord[],
  approvals: readonly ApprovalItem[] = [],
  organisation = ORGANISATION,
): Promise<ChainedRecord[]> {
  const head = await storage.head()
  const chained = chain(head, records, organisation)
  await storage.transact({ afterSeq: head.seq, reads: [], sync: false }, () => ({ records: chained, approvals }))
  return chained
}

async function look(storage: Storage, reads: Reads) {
  let found: unknown
  const { seq } = await storage.head()
  await storage.transact({ afterSeq: seq, reads: [reads], sync: false }, ([first]) => {
    found = first
    return NOTHING
  })
  return found
}

const NOTHING: WriteBatch = { records: [], approvals: [] }

/** A record as it is read back: without the texts that were hashed on its way in. */
function asRead({ keptText: _kept, payloadText: _payload, ...rest }: ChainedRecord) {
  return rest
}

/** What architecture and engine.md §6 ask of every store; any runner can loop over it. */
export const STORAGE_CHECKS: readonly StorageCheck[] = [
  {
    name: 'begins empty, at the genesis hash',
    async run({ open }) {
      const storage = await open()
      deepEqual(await storage.head(), { seq: 0, hash: GENESIS_HASH })
      deepEqual(await storage.readAfter(0, 10), [])
      deepEqual(await storage.readSubject('act_1'), [])
      deepEqual(await storage.readApproval('act_1'), null)
      deepEqual(await storage.listApprovals(null, 10), [])
      deepEqual(await storage.readSnapshot(1), null)
      equal(await storage.hasForeignWrites(), false)
    },
  },
  {
    name: 'reads back what was written, in order',
    async run({ open }) {
      const storage = await open()
      const written = await append(storage, [
        record(),
        record({ type: 'outcome', subject: 'act_2', payload: {} }),
        record({ type: 'effect_claimed', effectKey: 'key-1' }),
      ])
      deepEqual(await storage.readAfter(0, 10), written.map(asRead))
      deepEqual(await storage.readAfter(1, 1), written.slice(1, 2).map(asRead))
      deepEqual(await storage.readAfter(3, 10), [])
      deepEqual(
        (await storage.readSubject('act_1')).map(({ seq }) => seq),
        [1, 3],
      )
      deepEqual(await storage.head(), { seq: 3, hash: written[2]?.hash })
    },
  },
  {
    name: 'keeps text of any kind to the character',
    async run({ open }) {
      const storage = await open()
      const odd = { text: '\u0000 \u2028 \ud800 "\\ 😀', __proto_: 1, '': ' ' }
      const [written] = await append(storage, [record({ kept: odd, payload: { odd } })])
      const [read] = await storage.readAfter(0, 1)
      deepEqual(read, written && asRead(written))
      deepEqual(read?.kept, odd)
    },
  },
  {
    name: 'finds a claim, an approval and a subject inside the transaction',
    async run({ open }) {
      const storage = await open()
      const item = approval('act_1')
      const [first] = await append(storage, [record({ effectKey: 'key-1' })], [item])
      deepEqual(await look(storage, { effectKey: 'key-1', approval: 'act_1', subject: 'act_1' }), {
        claim: first && asRead(first),
        approval: item,
        records: first ? [asRead(first)] : [],
      })
      deepEqual(await look(storage, { effectKey: 'key-2', approval: 'act_2', subject: 'act_2' }), {
        claim: null,
        approval: null,
        records: [],
      })
      deepEqual(await look(storage, {}), { claim: null, approval: null, records: [] })
    },
  },
  {
    name: 'lets a key be claimed once',
    async run({ open }) {
      const storage = await open()
      await append(storage, [record({ effectKey: 'key-1' })])
      await rejects(async () => append(storage, [record({ subject: 'act_2', effectKey: 'key-1' })]))
      equal((await storage.head()).seq, 1)
      await append(storage, [record({ subject: 'act_3' }), record({ subject: 'act_4' })])
    },
  },
  {
    name: 'writes all of a batch or nothing',
    async run({ open }) {
      const storage = await open()
      await append(storage, [record({ effectKey: 'key-1' })])
      await rejects(async () =>
        append(
          storage,
          [record({ subject: 'act_2' }), record({ subject: 'act_3', effectKey: 'key-1' })],
          [approval('act_2')],
        ),
      )
      deepEqual(await storage.readSubject('act_2'), [])
      deepEqual(await storage.readApproval('act_2'), null)
    },
  },
  {
    name: 'writes nothing when the work throws, and throws the same',
    async run({ open }) {
      const storage = await open()
      const boom = new Error('boom')
      await rejects(
        async () =>
          storage.transact({ afterSeq: 0, reads: [], sync: true }, () => {
            throw boom
          }),
        (error: Error) => error === boom,
      )
      equal((await storage.head()).seq, 0)
      await append(storage, [record()])
      equal((await storage.head()).seq, 1)
    },
  },
  {
    name: 'changes an approval in place',
    async run({ open }) {
      const storage = await open()
      await append(storage, [record()], [approval('act_1')])
      await append(storage, [record()], [approval('act_1', { status: 'approved', comment: 'fine' })])
      deepEqual(await storage.readApproval('act_1'), approval('act_1', { status: 'approved', comment: 'fine' }))
      deepEqual(await storage.listApprovals('pending', 10), [])
      equal((await storage.listApprovals('approved', 10)).length, 1)
    },
  },
  {
    name: 'lists approvals newest first, by status, no more than asked for',
    async run({ open }) {
      const storage = await open()
      const items = [0, 1, 2, 3].map((n) =>
        approval(`act_${n}`, {
          created_at: `2026-07-01T12:00:0${n}.000Z`,
          status: n === 2 ? 'denied' : 'pending',
        }),
      )
      await append(storage, [record()], items)
      const idsOf = async (...filter: Parameters<Storage['listApprovals']>): Promise<string[]> =>
        (await storage.listApprovals(...filter)).map((item) => item.request_id)
      deepEqual(await idsOf(null, 10), ['act_3', 'act_2', 'act_1', 'act_0'])
      deepEqual(await idsOf('pending', 2), ['act_3', 'act_1'])
      deepEqual(await idsOf('expired', 10), [])
    },
  },
  {
    name: 'tells a handle what another one has written',
    async run({ open }) {
      const [a, b] = [await open(), await open()]
      await append(a, [record()])
      equal(await b.hasForeignWrites(), true)
      equal(await a.hasForeignWrites(), false)
      let foreign: number[] = []
      await b.transact({ afterSeq: 0, reads: [], sync: false }, (_, records) => {
        foreign = records.map(({ seq }) => seq)
        return NOTHING
      })
      deepEqual(foreign, [1])
      equal(await b.hasForeignWrites(), false)
      await append(b, [record({ subject: 'act_2' })])
      equal(await a.hasForeignWrites(), true)
      deepEqual(await a.head(), await b.head())
    },
  },
  {
    name: 'keeps organisations apart',
    async run({ open }) {
      const [a, b] = [await open('a'), await open('b')]
      await append(a, [record({ effectKey: 'key-1' })], [approval('act_1')], 'a')
      await append(b, [record({ effectKey: 'key-1' })], [], 'b')
      await a.writeSnapshot({ seq: 1, format: 1, state: 'of a' })
      deepEqual((await b.head()).seq, 1)
      ok((await a.head()).hash !== (await b.head()).hash)
      deepEqual(await b.readApproval('act_1'), null)
      deepEqual(await b.listApprovals(null, 10), [])
      deepEqual(await b.readSnapshot(1), null)
      deepEqual((await b.readSubject('act_1')).length, 1)
    },
  },
  {
    name: 'gives back the newest snapshot of the form asked for',
    async run({ open }) {
      const storage = await open()
      const state = { map: new Map([['a', new Float64Array([0.1, -0])]]), list: [1, 'x', null] }
      await storage.writeSnapshot({ seq: 1, format: 1, state: 'old' })
      await storage.writeSnapshot({ seq: 5, format: 1, state })
      await storage.writeSnapshot({ seq: 9, format: 2, state: 'of another form' })
      deepEqual(await storage.readSnapshot(1), { seq: 5, format: 1, state })
      deepEqual(await storage.readSnapshot(3), null)
    },
  },
  {
    name: 'keeps the newest two snapshots, and one that is written again once',
    async run({ open }) {
      const storage = await open()
      for (const seq of [1, 2, 3]) await storage.writeSnapshot({ seq, format: seq === 3 ? 2 : 1, state: seq })
      await storage.writeSnapshot({ seq: 3, format: 2, state: 'again' })
      deepEqual(await storage.readSnapshot(1), { seq: 2, format: 1, state: 2 })
      deepEqual(await storage.readSnapshot(2), { seq: 3, format: 2, state: 'again' })
    },
  },
  {
    name: 'refuses work once it is closed, twice being harmless',
    async run({ open }) {
      const storage = await open()
      await storage.close()
      await storage.close()
      await rejects(async () => storage.head(), { code: 'storage_closed' })
      await rejects(async () => storage.transact({ afterSeq: 0, reads: [], sync: false }, () => NOTHING), {
        code: 'storage_closed',
      })
    },
  },
]
