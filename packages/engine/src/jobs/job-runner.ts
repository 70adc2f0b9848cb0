import { BighubError, NotFoundError } from '@bighub/core/protocol'
import type { EngineCore } from '../engine-core.ts'
import { isOwnerGone } from '../storage/process-owner.ts'
import { type Job, JobStore } from './job-store.ts'

/** A worker that says nothing for so long, in milliseconds, is taken for dead; each mark of progress begins it anew. */
export const LEASE_MS = 60_000
/** A job whose process died is begun again so often; what kills every process that tries it is not tried for ever. */
export const MAX_ATTEMPTS = 3

/** What a worker gets to do its job with. */
export interface JobRun {
  readonly job: Job
  /**
   * Marks how many records are done, and lets everything else have its turn. Call it between chunks.
   *
   * @throws JobCancelled if the job was cancelled, or was given to somebody else meanwhile.
   */
  progress(processed: number): Promise<void>
}

/** Does one kind of job, from its beginning: a job that was cut off is done again. What it returns is kept as the job's result. */
export type JobWorker = (run: JobRun) => Promise<Readonly<Record<string, unknown>>>

export interface JobKind {
  readonly work: JobWorker
  /** What is kept of the request once the job is over. @defaultValue everything */
  readonly requestWhenDone?: (request: Job['request']) => Job['request']
}

/** Ends a worker whose job is no longer its own. */
class JobCancelled extends Error {}

/**
 * Long work, one job after the other, that outlives its process: a job stands in the table `jobs`, whoever works on it holds a
 * lease. A job whose process is gone, or whose lease has run out, is begun again by the next process that asks for jobs, at most
 * {@link MAX_ATTEMPTS} times, then it is failed with a reason. All workers may be begun again: they fold, count or erase, and do the
 * same the second time.
 */
export class JobRunner {
  readonly #core: EngineCore
  readonly #store: JobStore
  readonly #kinds: Readonly<Record<string, JobKind>>
  #working: Promise<void> | undefined
  /** Somebody asked while the queue was being looked at: it is looked at again. */
  #mustLook = false

  constructor(core: EngineCore, kinds: Readonly<Record<string, JobKind>>) {
    this.#core = core
    this.#store = new JobStore(core)
    this.#kinds = kinds
  }

  /** Puts a job in the queue; one that is waited for is done at once, beside those of the queue. @returns the job as it stands. */
  async start(kind: string, request: Job['request'], options: { readonly wait: boolean }): Promise<Job> {
    await this.#core.sequencer()
    const now = this.#core.now()
    const job: Job = {
      job_id: `job_${this.#core.newId(now)}`,
      kind,
      status: 'queued',
      created_at: now,
      owner: null,
      lease_until: null,
      request,
      result: null,
      processed: 0,
      started_at: null,
      finished_at: null,
      error: null,
      attempts: 0,
    }
    if (!options.wait) {
      await this.#store.insert(job)
      this.resume()
      return job
    }
    const taken = this.#taken(job, now)
    await this.#store.insert(taken)
    await this.#work(taken)
    return this.get(job.job_id)
  }

  /** @throws NotFoundError */
  async get(jobId: string): Promise<Job> {
    await this.#core.sequencer()
    const job = await this.#store.find(jobId)
    if (!job || !Object.hasOwn(this.#kinds, job.kind)) throw new NotFoundError('job', jobId)
    // Whoever asks how a job stands takes up those that nobody works on any more.
    if (job.status === 'queued' || job.status === 'running') this.resume()
    return job
  }

  async list(limit: number): Promise<{ readonly jobs: Job[]; readonly total: number }> {
    await this.#core.sequencer()
    this.resume()
    return this.#store.list(Object.keys(this.#kinds), limit)
  }

  /** Ends a job before its time; one that is over stays as it is. Its worker stops at its next mark. @throws NotFoundError */
  async cancel(jobId: string): Promise<Job> {
    for (;;) {
      const job = await this.get(jobId)
      if (job.status !== 'queued' && job.status !== 'running') return job
      await this.#store.replace(
        job,
        this.#over({ ...job, status: 'cancelled', finished_at: this.#core.now(), owner: null }),
      )
    }
  }

  /** Takes up what waits and what was left behind. Returns at once. */
  resume(): void {
    this.#mustLook = true
    if (this.#working) return
    this.#working = this.#workAll()
      // A store that cannot be asked now is asked again by the next call, which then hears of it.
      .catch(() => undefined)
      .finally(() => {
        this.#working = undefined
        if (this.#mustLook) this.resume()
      })
  }

  /** Resolves when nothing is left to do in this process. */
  async idle(): Promise<void> {
    while (this.#working) await this.#working
  }

  async #workAll(): Promise<void> {
    // What is asked in this breath is answered first.
    await nextTurn()
    while (this.#mustLook) {
      this.#mustLook = false
      for (let taken = await this.#takeNext(); taken; taken = await this.#takeNext()) await this.#work(taken)
    }
  }

  async #takeNext(): Promise<Job | null> {
    const now = this.#core.now()
    for (const job of await this.#store.open(Object.keys(this.#kinds))) {
      if (job.status === 'running' && !isLeftBehind(job, now, this.#core.owner)) continue
      if (job.attempts >= MAX_ATTEMPTS) {
        const error = `its process ended ${job.attempts} times before it was done`
        const failed: Job = { ...job, status: 'failed', error, finished_at: now, owner: null }
        await this.#store.replace(job, this.#over(failed))
        continue
      }
      const taken = this.#taken(job, now)
      if (await this.#store.replace(job, taken)) return taken
    }
    return null
  }

  async #work(taken: Job): Promise<void> {
    const kind = this.#kinds[taken.kind]
    if (!kind) return
    let job = taken
    IN_WORK.add(taken.job_id)
    const write = async (changed: Job): Promise<void> => {
      if (!(await this.#store.replace(job, changed))) throw new JobCancelled()
      job = changed
    }
    try {
      const result = await kind.work({
        job: taken,
        progress: async (processed) => {
          await write({ ...job, processed, lease_until: this.#core.now() + LEASE_MS })
          await nextTurn()
        },
      })
      await write(this.#over({ ...job, status: 'completed', result, finished_at: this.#core.now(), owner: null }))
    } catch (error) {
      await this.#giveUp(job, error)
    } finally {
      IN_WORK.delete(taken.job_id)
    }
  }

  async #giveUp(job: Job, error: unknown): Promise<void> {
    // Cancelled, or somebody else's by now; or the store was closed, and the next process that opens it begins the job again.
    if (error instanceof JobCancelled || (BighubError.isInstance(error) && error.code === 'storage_closed')) return
    const text = error instanceof Error ? error.message : String(error)
    await this.#store.replace(
      job,
      this.#over({ ...job, status: 'failed', error: text, finished_at: this.#core.now(), owner: null }),
    )
  }

  #over(job: Job): Job {
    const narrow = this.#kinds[job.kind]?.requestWhenDone
    return { ...job, lease_until: null, ...(narrow ? { request: narrow(job.request) } : {}) }
  }

  #taken(job: Job, now: number): Job {
    return {
      ...job,
      status: 'running',
      owner: this.#core.owner,
      lease_until: now + LEASE_MS,
      started_at: job.started_at ?? now,
      attempts: job.attempts + 1,
      processed: 0,
    }
  }
}

/** Fields that every job answers (protocol §7.9). */
export function jobFieldsOf(job: Job) {
  return {
    job_id: job.job_id,
    status: job.status,
    processed: job.processed,
    created_at: new Date(job.created_at).toISOString(),
    started_at: job.started_at === null ? null : new Date(job.started_at).toISOString(),
    finished_at: job.finished_at === null ? null : new Date(job.finished_at).toISOString(),
    error: job.error,
  }
}

/** Jobs that somebody in this process works on; one that this process owns and nobody works on was left by a closed engine. */
const IN_WORK = new Set<string>()

function isLeftBehind(job: Job, now: number, owner: string): boolean {
  if (job.owner === owner) return !IN_WORK.has(job.job_id)
  return job.owner === null || (job.lease_until ?? 0) <= now || isOwnerGone(job.owner)
}

function nextTurn(): Promise<void> {
  return new Promise((resolve) => setImmediate(resolve))
}
