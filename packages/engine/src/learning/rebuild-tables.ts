import type { EngineCore } from '../engine-core.ts'
import type { EvaluationKept } from '../engine-state.ts'
import type { JobRun } from '../jobs/job-runner.ts'
import { DECISION_TYPES } from '../projections/decision-row.ts'
import { Projector } from '../projections/projector.ts'
import type { LogRecord } from '../storage/storage.ts'

/** Records that are written in one transaction, so that evaluations get in between. */
const CHUNK = 250

/**
 * Brings the tables beside the log up from nothing: what they hold of every record is written anew, history that was imported
 * included. With a domain or a family of actions (`payments` means `payments` and `payments.refund`) only those chunks of the log are
 * that hold decisions about them.
 */
export async function rebuildTables(
  core: EngineCore,
  run: JobRun,
  options: { readonly domain: string; readonly action_family: string; readonly limit: number },
): Promise<{ readonly records: number; readonly rebuilt: number }> {
  await core.projected()
  const until = (await core.sequencer()).head.seq
  const projector = new Projector({ storage: core.storage })
  let rebuilt = 0
  let marked = 0
  for (let after = 0; after < until; ) {
    const records = await core.storage.readAfter(after, Math.min(CHUNK, options.limit, until - after))
    const last = records.at(-1)
    if (!last) break
    if (records.some((record) => isMeant(record, options))) {
      await projector.rebuild(records)
      rebuilt += records.length
    }
    after = last.seq
    if (after - marked >= options.limit || after === until) {
      await run.progress(after)
      marked = after
    } else await new Promise((resolve) => setImmediate(resolve))
  }
  return { records: until, rebuilt }
}

function isMeant(
  record: LogRecord,
  { domain, action_family: family }: { domain: string; action_family: string },
): boolean {
  if (domain === '' && family === '') return true
  if (!DECISION_TYPES.includes(record.type)) return false
  const kept = record.kept as unknown as EvaluationKept
  return (
    (domain === '' || kept.domain === domain) &&
    (family === '' || kept.action === family || kept.action.startsWith(`${family}.`))
  )
}
