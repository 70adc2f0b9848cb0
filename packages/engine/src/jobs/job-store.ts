import type { JobStatus } from '@bighub/core/protocol'
import type { OrganisationCore } from '../organisation-core.ts'
import type { JobRow } from '../storage/tables.ts'

/** What a job's row says beyond its columns. Numbers of ms since the epoch. */
export interface JobBody {
  /** What was asked for; plain JSON. */
  readonly request: Readonly<Record<string, unknown>>
  /** What it came to; null until it is done. */
  readonly result: Readonly<Record<string, unknown>> | null
  readonly processed: number
  readonly started_at: number | null
  readonly finished_at: number | null
  readonly error: string | null
  /** How often it was begun. */
  readonly attempts: number
}

/** One job as it stands. */
export interface Job extends JobBody {
  readonly job_id: string
  readonly kind: string
  readonly status: JobStatus
  readonly created_at: number
  readonly owner: string | null
  readonly lease_until: number | null
}

/** Jobs of an organisation in the table `jobs`. Every change says what it expects to find, so that any number of processes may work. */
export class JobStore {
  readonly #core: OrganisationCore

  constructor(core: OrganisationCore) {
    this.#core = core
  }

  async insert(job: Job): Promise<void> {
    await this.#core.storage.database.insertInto('jobs').values(this.#toRow(job)).execute()
  }

  async find(jobId: string): Promise<Job | null> {
    const row = await this.#jobs().where('job_id', '=', jobId).selectAll().executeTakeFirst()
    return row ? toJob(row) : null
  }

  /** Newest first. */
  async list(kinds: readonly string[], limit: number): Promise<{ readonly jobs: Job[]; readonly total: number }> {
    const query = this.#jobs().where('kind', 'in', kinds)
    const rows = await query.selectAll().orderBy('created_at', 'desc').orderBy('job_id', 'desc').limit(limit).execute()
    const { n } = await query.select(({ fn }) => fn.countAll<number | string>().as('n')).executeTakeFirstOrThrow()
    return { jobs: rows.map(toJob), total: Number(n) }
  }

  /** Oldest first, those that wait or are being worked on. */
  async open(kinds: readonly string[]): Promise<Job[]> {
    const rows = await this.#jobs()
      .where('kind', 'in', kinds)
      .where('status', 'in', ['queued', 'running'])
      .selectAll()
      .orderBy('created_at')
      .orderBy('job_id')
      .execute()
    return rows.map(toJob)
  }

  /** Writes a job if it still is as it was read: its status and its owner. @returns whether it was. */
  async replace(before: Job, after: Job): Promise<boolean> {
    const { database, organisation } = this.#core.storage
    const row = this.#toRow(after)
    return this.#core.storage.batch([
      database
        .updateTable('jobs')
        .set({ status: row.status, owner: row.owner, lease_until: row.lease_until, body: row.body })
        .where('organisation', '=', organisation)
        .where('job_id', '=', before.job_id)
        .where('status', '=', before.status)
        .where('owner', before.owner === null ? 'is' : '=', before.owner)
        .where('lease_until', before.lease_until === null ? 'is' : '=', before.lease_until)
        .compile(),
    ])
  }

  #jobs() {
    const { database, organisation } = this.#core.storage
    return database.selectFrom('jobs').where('organisation', '=', organisation)
  }

  #toRow(job: Job): JobRow {
    const { job_id, kind, status, created_at, owner, lease_until, ...body } = job
    const { organisation } = this.#core.storage
    return { organisation, job_id, kind, status, created_at, owner, lease_until, body: JSON.stringify(body) }
  }
}

function toJob(row: JobRow): Job {
  const { job_id, kind, created_at, owner, lease_until } = row
  const body = JSON.parse(row.body) as JobBody
  // Written by this class.
  return { job_id, kind, status: row.status as JobStatus, created_at, owner, lease_until, ...body }
}
