import type { ApprovalItem } from '@bighub/core/protocol'
import type { EngineCore } from '../engine-core.ts'
import type { JobRun } from '../jobs/job-runner.ts'
import { sha256 } from '../storage/chain.ts'
import type { LogRecord } from '../storage/storage.ts'
import { type ErasureScope, findRecords } from './find-records.ts'

/** Records that one record of an erasure names; the log's own records stay short. */
const CHUNK = 1000

/** What an erasure was asked for. */
export interface ErasureRequest extends ErasureScope {
  readonly reason: string
  /** Who asked. */
  readonly by: string
}

/** What a `payloads_erased` record keeps: never whose words they were. */
export interface ErasedKept {
  readonly seqs: readonly number[]
  readonly by: string
  readonly reason_digest: string
  /** What the records were chosen by. */
  readonly chosen_by: readonly string[]
  /** `begun` before the words go, so that it is known whatever happens; `done` after. */
  readonly stage: 'begun' | 'done'
}

/**
 * Erases the words of the records in a scope: their payloads in the log, what tables hold of them (deliveries to webhooks
 * included), the arguments of approvals and stored answers. Digests and hashes stay, so the chain verifies; what was learned stays,
 * since the fold reads no payload. So do the names that the fold goes by: of actions, domains, runs and events.
 *
 * What is to be erased is recorded first, then erased, then recorded as done, whereupon the tables are made again from what is left.
 * A job that was cut off goes on with what it recorded. Pages that the database has freed, its write-ahead log until the next
 * checkpoint, and backups made before hold the words still.
 */
export async function eraseWords(
  core: EngineCore,
  run: JobRun,
  request: ErasureRequest,
): Promise<{ readonly erased: number }> {
  const subject = run.job.job_id
  await core.state()
  const before = (await core.storage.readSubject(subject)).filter((record) => record.type === 'payloads_erased')
  let erased = before.reduce(
    (sum, record) => sum + (keptOf(record).stage === 'begun' ? keptOf(record).seqs.length : 0),
    0,
  )
  for (const seqs of unfinished(before)) await finish(core, subject, request, seqs)
  const found = await findRecords(core, request, (read) => run.progress(read))
  for (let index = 0; index < found.seqs.length; index += CHUNK) {
    const seqs = found.seqs.slice(index, index + CHUNK)
    await append(core, subject, request, { seqs, stage: 'begun' })
    await finish(core, subject, request, seqs)
    erased += seqs.length
    await run.progress(erased)
  }
  const requestIds = new Set([...found.requestIds, ...(await subjectsOf(core, before))])
  await eraseApprovals(core, requestIds)
  await eraseAnswers(core, requestIds)
  await core.projected()
  return { erased }
}

/** What the records are about that were erased before a job was cut off; their words say it no more. */
async function subjectsOf({ storage }: EngineCore, before: readonly LogRecord[]): Promise<readonly string[]> {
  const subjects: string[] = []
  for (const record of before)
    for (const seq of keptOf(record).seqs) {
      const [erased] = await storage.readAfter(seq - 1, 1)
      if (erased) subjects.push(erased.subject)
    }
  return subjects
}

/** Records that were said to be erased without a word that they were. */
function unfinished(records: readonly LogRecord[]): (readonly number[])[] {
  const done = new Set(
    records.filter((record) => keptOf(record).stage === 'done').map((record) => keptOf(record).seqs.join()),
  )
  return records
    .map(keptOf)
    .filter((kept) => kept.stage === 'begun' && !done.has(kept.seqs.join()))
    .map((kept) => kept.seqs)
}

async function finish(
  core: EngineCore,
  subject: string,
  request: ErasureRequest,
  seqs: readonly number[],
): Promise<void> {
  await core.storage.erasePayloads(seqs)
  await append(core, subject, request, { seqs, stage: 'done' })
}

function append(
  core: EngineCore,
  subject: string,
  request: ErasureRequest,
  what: Pick<ErasedKept, 'seqs' | 'stage'>,
): Promise<void> {
  const kept: ErasedKept = {
    ...what,
    by: request.by,
    reason_digest: sha256(request.reason),
    chosen_by: (['actor', 'target', 'request_ids', 'before'] as const).filter((name) => request[name] !== undefined),
  }
  return core.run({
    sync: true,
    plan: () => ({
      records: [
        { type: 'payloads_erased', at: core.now(), subject, kept: { ...kept }, payload: { reason: request.reason } },
      ],
      answer: () => undefined,
    }),
  })
}

/** Words of a request to a person; what was asked about and how it ended stay. */
async function eraseApprovals({ storage }: EngineCore, requestIds: ReadonlySet<string>): Promise<void> {
  const { database, organisation } = storage
  for (const requestId of requestIds) {
    const item = await storage.readApproval(requestId)
    if (!item) continue
    const left: ApprovalItem = {
      ...item,
      actor: '',
      target: null,
      tool: null,
      reason: '',
      comment: null,
      cancel_reason: null,
      arguments: {},
      provenance: {},
      evidence: {},
    }
    await database
      .updateTable('approvals')
      .set({ item: JSON.stringify(left) })
      .where('organisation', '=', organisation)
      .where('request_id', '=', requestId)
      .execute()
  }
}

/** Answers that are kept for repeated requests, where they are about one of these decisions. */
async function eraseAnswers({ storage }: EngineCore, requestIds: ReadonlySet<string>): Promise<void> {
  const { database, organisation } = storage
  const rows = await database
    .selectFrom('idempotency')
    .select(['scope', 'body'])
    .where('organisation', '=', organisation)
    .where('body', 'is not', null)
    .execute()
  for (const { scope, body } of rows) {
    const ids = body?.match(/\bact_\w+/g) ?? []
    if (!ids.some((id) => requestIds.has(id))) continue
    await database
      .updateTable('idempotency')
      .set({ body: '{"erased":true}' })
      .where('organisation', '=', organisation)
      .where('scope', '=', scope)
      .execute()
  }
}

function keptOf(record: LogRecord): ErasedKept {
  // Written by `append`.
  return record.kept as unknown as ErasedKept
}
