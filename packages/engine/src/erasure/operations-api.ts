import { serialize } from 'node:v8'
import type { DecisionApi, EraseJob } from '@bighub/core/protocol'
import type { EngineCore } from '../engine-core.ts'
import { STATE_FORMAT } from '../engine-state.ts'
import { JobRunner, jobFieldsOf } from '../jobs/job-runner.ts'
import type { Job } from '../jobs/job-store.ts'
import { createResource } from '../resource.ts'
import { type ErasureRequest, eraseWords } from './erase-words.ts'

const DAY_MS = 86_400_000

/** A copy of what was learned, for engines elsewhere, and the erasure of words (protocol §12). */
export function createOperationsApi(core: EngineCore): DecisionApi['operations'] {
  const jobs = createErasureJobs(core)

  return createResource('operations', {
    async snapshot() {
      await core.state()
      // Read in one turn, so that the state is that of the head.
      const { head, state } = await core.sequencer()
      return {
        format: STATE_FORMAT,
        seq: head.seq,
        hash: head.hash,
        state: serialize(state.snapshot()).toString('base64'),
      }
    },

    async erase({ actor, target, request_ids: requestIds, before, reason, async_mode: isAsync = true }, options) {
      const request: ErasureRequest = {
        ...(actor ? { actor } : {}),
        ...(target ? { target } : {}),
        ...(requestIds?.length ? { request_ids: requestIds } : {}),
        ...(before ? { before: Date.parse(before) } : {}),
        reason,
        by: options.by ?? 'application',
      }
      return toEraseJob(await jobs.start('erase', { ...request }, { wait: !isAsync }))
    },
  })
}

/** The value of the header `ETag` of a snapshot: the hash of the log's head. */
export function snapshotTag({ hash }: { readonly hash: string }): string {
  return `"${hash}"`
}

/** The runner of erasures; also what asks how one stands, cancels one, or takes up those that were left. */
export function createErasureJobs(core: EngineCore): JobRunner {
  return new JobRunner(core, {
    erase: {
      work: (run) => eraseWords(core, run, run.job.request as unknown as ErasureRequest),
      // Whose words were erased would itself be a word about them.
      requestWhenDone: ({ by }) => ({ by }),
    },
  })
}

export function toEraseJob(job: Job): EraseJob {
  const erased = job.result?.['erased']
  return { ...jobFieldsOf(job), kind: 'erase', erased: typeof erased === 'number' ? erased : 0 }
}

/**
 * Erases the words of calls that are older than the policy's `retention_days`; nothing where it is null. A server calls it once a
 * day, and when it starts: erasures that were left by a process that ended are taken up too. Resolves when it is done.
 *
 * @param mostDays - Words are kept no longer than this whatever the policy says; null: as long as it says.
 * @returns the job, or null where nothing is to be erased.
 */
export async function applyRetention(core: EngineCore, mostDays: number | null = null): Promise<EraseJob | null> {
  // Policies of older records lack the field.
  const wanted = (await core.state()).policy.retention_days ?? mostDays
  const days = wanted === null || mostDays === null ? wanted : Math.min(wanted, mostDays)
  const jobs = createErasureJobs(core)
  jobs.resume()
  if (days === null) return null
  const request: ErasureRequest = { before: core.now() - days * DAY_MS, reason: 'retention_days', by: 'policy' }
  return toEraseJob(await jobs.start('erase', { ...request }, { wait: true }))
}
