import type { BacktestJob, DecisionApi } from '@bighub/core/protocol'
import type { EngineCore } from '../engine-core.ts'
import { JobRunner, jobFieldsOf } from '../jobs/job-runner.ts'
import type { Job } from '../jobs/job-store.ts'
import { createResource } from '../resource.ts'
import { runBacktest } from './run-backtest.ts'

/** The organisation's own log under other rules or another policy (engine.md §7, protocol §12). */
export function createBacktestsApi(core: EngineCore): DecisionApi['backtests'] {
  const jobs = new JobRunner(core, {
    // Read by the route table's schema when it was asked for.
    backtest: { work: (run) => runBacktest(core, run, run.job.request) },
  })
  return createResource('backtests', {
    create: async (body) => toBacktest(await jobs.start('backtest', body, { wait: false })),
    get: async (jobId) => toBacktest(await jobs.get(jobId)),
  })
}

function toBacktest(job: Job): BacktestJob {
  return {
    ...jobFieldsOf(job),
    kind: 'backtest',
    request: { ...job.request },
    // Written by runBacktest.
    result: job.result as BacktestJob['result'],
  }
}
