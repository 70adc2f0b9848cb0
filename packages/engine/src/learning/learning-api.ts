import type { DecisionApi, LearningRun } from '@bighub/core/protocol'
import type { EngineCore } from '../engine-core.ts'
import { STATE_FORMAT } from '../engine-state.ts'
import { type JobKind, JobRunner, jobFieldsOf } from '../jobs/job-runner.ts'
import type { Job } from '../jobs/job-store.ts'
import { createResource } from '../resource.ts'
import { rebuildTables } from './rebuild-tables.ts'
import { refoldState } from './refold-state.ts'

/** Runs of a page unless the query says otherwise. */
const PAGE = 50
/** Records between two marks of progress unless the request says otherwise. */
const BATCH = 5000

/** How the engine learns, and learning again (protocol §7.9). */
export function createLearningApi(core: EngineCore): DecisionApi['learning'] {
  const jobs = new JobRunner(core, {
    recompute: { work: (run) => refoldState(core, run, optionsOf(run.job)) },
    backfill: { work: (run) => rebuildTables(core, run, optionsOf(run.job)) },
  } satisfies Record<LearningRun['kind'], JobKind>)

  async function start(kind: LearningRun['kind'], body: LearningOptionsInput): Promise<LearningRun> {
    const request = {
      domain: body.domain ?? '',
      action_family: body.action_family ?? '',
      force: body.force ?? false,
      limit: body.limit ?? BATCH,
      async_mode: body.async_mode ?? true,
    }
    return toRun(await jobs.start(kind, request, { wait: !request.async_mode }))
  }

  return createResource('learning', {
    async strategy() {
      const { risk } = await core.state()
      const database = await core.projected()
      const newest = await database
        .selectFrom('decisions')
        .where('organisation', '=', core.storage.organisation)
        .select(({ fn }) => fn.max('outcome_at').as('at'))
        .executeTakeFirst()
      return {
        strategy_version: `${risk.name}-${risk.version}`,
        name: risk.name,
        config: { state_format: STATE_FORMAT, ...risk.config },
        // When it last learned something.
        updated_at: newest?.at == null ? null : new Date(newest.at).toISOString(),
      }
    },

    async runs(query) {
      const { jobs: found, total } = await jobs.list(query.limit ?? PAGE)
      return { runs: found.map(toRun), total }
    },

    recompute: (body) => start('recompute', body),
    backfill: (body) => start('backfill', body),
  })
}

interface LearningOptionsInput {
  readonly domain?: string | undefined
  readonly action_family?: string | undefined
  readonly force?: boolean | undefined
  readonly limit?: number | undefined
  readonly async_mode?: boolean | undefined
}

/** What a learning job was asked for. */
export interface LearningOptions {
  /** Empty: everything. */
  readonly domain: string
  readonly action_family: string
  readonly force: boolean
  /** Records between two marks of progress. */
  readonly limit: number
  readonly async_mode: boolean
}

function optionsOf(job: Job): LearningOptions {
  // Written by `start`.
  return job.request as unknown as LearningOptions
}

function toRun(job: Job): LearningRun {
  const equal = job.result?.['equal']
  return {
    ...jobFieldsOf(job),
    // The runner has no other kinds.
    kind: job.kind as LearningRun['kind'],
    ...optionsOf(job),
    equal: typeof equal === 'boolean' ? equal : null,
    ...(job.result ? { result: job.result } : {}),
  }
}
