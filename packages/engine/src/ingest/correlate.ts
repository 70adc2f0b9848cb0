import { CORRELATION_KEYS, type CorrelationKey } from '@bighub/core/protocol'
import type { Kysely } from 'kysely'
import { decisionIdFrom } from '../decisions/decision-ids.ts'
import type { EngineCore } from '../engine-core.ts'
import { decisionRecordOf } from '../projections/decision-row.ts'
import { type IngestedKept, isIngestedEvent, type LifecycleBody } from '../projections/lifecycle-row.ts'
import type { LogRecord } from '../storage/storage.ts'
import type { LifecycleRow, Tables } from '../storage/tables.ts'
import { type LifecycleKeys, lifecycleIdOf, readLifecycle } from './lifecycle-records.ts'
import { decisionIdOfKey } from './read-event.ts'

/** What an event belongs to. */
export interface Correlated {
  readonly lifecycleId: string
  /** Other ids under which its earlier events stand, which this one joins. */
  readonly joins: readonly string[]
  /** The lifecycle's records so far, in order. */
  readonly records: readonly LogRecord[]
  /** The decision that it is about; null while none is known. */
  readonly requestId: string | null
  /** The key that found something known. */
  readonly match: { readonly name: CorrelationKey; readonly value: string } | null
}

/** Finds the lifecycle and the decision of an event by any of its keys. Without a key it stands alone, under `loneId`. */
export async function correlate(core: EngineCore, keys: LifecycleKeys, loneId: string): Promise<Correlated> {
  const database = await core.projected()
  const found = new Map<string, LifecycleRow>()
  let match: Correlated['match'] = null
  for (const name of CORRELATION_KEYS) {
    const value = keys[name]
    if (value === undefined) continue
    const row = await findLifecycle(core, database, name, value)
    if (row && agrees(row, name, keys)) found.set(row.lifecycle_id, row)
    const decisionId = decisionIdOfKey(name, value)
    const isKnown = row !== null || (decisionId !== null && (await isDecision(core, decisionId)))
    if (isKnown && (row === null || found.has(row.lifecycle_id))) match ??= { name, value }
  }
  const known = [...found.values()]
  // The id is that of the strongest key that any of its events has, so that it does not depend on which came first.
  const united: LifecycleKeys = Object.assign({}, ...known.toReversed().map(keysOf), keys)
  // Its events may have been joined to others already, under a key that this event does not have.
  const { id: lifecycleId } = await readLifecycle(core.storage, lifecycleIdOf(decisionFirst(united)) ?? loneId)
  const joins = known.map((row) => row.lifecycle_id).filter((id) => id !== lifecycleId)
  const records = new Map<number, LogRecord>()
  for (const id of [lifecycleId, ...joins])
    for (const record of (await readLifecycle(core.storage, id)).records) records.set(record.seq, record)
  const inOrder = [...records.values()].toSorted((a, b) => a.seq - b.seq)
  return { lifecycleId, joins, records: inOrder, requestId: await findDecision(core, united, inOrder), match }
}

/** The lifecycle that has a key, or whose decision the key names. */
export async function findLifecycle(
  core: EngineCore,
  database: Kysely<Tables>,
  name: CorrelationKey,
  value: string,
): Promise<LifecycleRow | null> {
  const { organisation } = core.storage
  const byKey = await database
    .selectFrom('lifecycle_keys')
    .innerJoin('lifecycles', (join) =>
      join
        .onRef('lifecycles.organisation', '=', 'lifecycle_keys.organisation')
        .onRef('lifecycles.lifecycle_id', '=', 'lifecycle_keys.lifecycle_id'),
    )
    .where('lifecycle_keys.organisation', '=', organisation)
    .where('key_name', '=', name)
    .where('key_value', '=', value)
    .selectAll('lifecycles')
    .executeTakeFirst()
  if (byKey) return byKey
  const decisionId = decisionIdOfKey(name, value)
  if (decisionId === null) return null
  const byDecision = await database
    .selectFrom('lifecycles')
    .where('organisation', '=', organisation)
    .where('request_id', '=', decisionId)
    .selectAll()
    .orderBy('seq')
    .executeTakeFirst()
  return byDecision ?? null
}

/** A key that many actions share, such as a tenant's, joins nothing that a stronger key tells apart. */
function agrees(row: LifecycleRow, matched: CorrelationKey, keys: LifecycleKeys): boolean {
  const own = decisionFirst(keysOf(row))
  const asked = decisionFirst(keys)
  return CORRELATION_KEYS.slice(0, CORRELATION_KEYS.indexOf(matched)).every(
    (name) => own[name] === undefined || asked[name] === undefined || own[name] === asked[name],
  )
}

/** The three ids of a decision say the same: as its request id they are one key. */
function decisionFirst(keys: LifecycleKeys): LifecycleKeys {
  const { request_id, case_id, validation_id, ...others } = keys
  const id = request_id ?? case_id ?? validation_id
  return id === undefined ? others : { request_id: decisionIdFrom(id), ...others }
}

function keysOf(row: LifecycleRow): LifecycleKeys {
  return (JSON.parse(row.body) as LifecycleBody).keys
}

/** The decision that keys name, or that earlier events were found to be about. */
async function findDecision(
  core: EngineCore,
  keys: LifecycleKeys,
  records: readonly LogRecord[],
): Promise<string | null> {
  for (const name of CORRELATION_KEYS) {
    const value = keys[name]
    const id = value === undefined ? null : decisionIdOfKey(name, value)
    if (id !== null && (await isDecision(core, id))) return id
  }
  const before = records.findLast(
    (record) => isIngestedEvent(record) && (record.kept as unknown as IngestedKept).request_id !== null,
  )
  return before ? (before.kept as unknown as IngestedKept).request_id : null
}

async function isDecision(core: EngineCore, requestId: string): Promise<boolean> {
  return decisionRecordOf(await core.storage.readSubject(requestId)) !== undefined
}
