import { useEffect } from 'preact/hooks'
import { useClient } from '../api/api-context.ts'
import { useAction } from '../api/use-action.ts'
import { useQuery } from '../api/use-query.ts'
import { Badge } from '../ui/badge.tsx'
import { FailureNote, Loaded, Section } from '../ui/page.tsx'
import { Ago } from '../ui/time.tsx'
import { count, words } from '../words/format.ts'

/** A job that runs is looked at this often. */
const LOOK_EVERY_MS = 1000

/** Folds of the log from nothing: what is learned must come out exactly the same. */
export function LearningRuns() {
  const client = useClient()
  const runs = useQuery('learning-runs', (signal) => client.learning.runs({ limit: 10 }, { signal }))
  const recompute = useAction(async () => {
    await client.learning.recompute({})
    runs.reload()
  })
  const isRunning = runs.data?.runs.some(({ status }) => status === 'queued' || status === 'running') ?? false
  useEffect(() => {
    if (!isRunning) return
    const timer = window.setInterval(runs.reload, LOOK_EVERY_MS)
    return () => window.clearInterval(timer)
  }, [isRunning, runs.reload])
  return (
    <Section
      title="Learning runs"
      tools={
        <button
          type="button"
          class="small"
          disabled={recompute.isBusy || isRunning}
          onClick={() => void recompute.start()}
        >
          Fold the log again
        </button>
      }
    >
      {recompute.failure && <FailureNote failure={recompute.failure} />}
      <Loaded query={runs}>
        {({ runs: done }) =>
          done.length === 0 ? (
            <p class="quiet">
              None yet. What was learned is a fold of the log; folding it again from nothing must give exactly the same.
            </p>
          ) : (
            <div class="table-panel">
              <table class="stack">
                <thead>
                  <tr>
                    <th scope="col">Run</th>
                    <th scope="col">State</th>
                    <th scope="col" class="number">
                      Records
                    </th>
                    <th scope="col">Same as live</th>
                    <th scope="col">Started</th>
                  </tr>
                </thead>
                <tbody>
                  {done.map((run) => (
                    <tr key={run.job_id}>
                      <td>{words(run.kind)}</td>
                      <td>
                        <Badge of={run.status} /> {run.error}
                      </td>
                      <td class="number" data-label="records">
                        {count(run.processed)}
                      </td>
                      <td data-label="same as live">{run.equal === null ? '–' : run.equal ? 'yes' : 'no'}</td>
                      <td class="nowrap">
                        <Ago at={run.started_at ?? run.created_at} />
                      </td>
                    </tr>
                  ))}
                </tbody>
              </table>
            </div>
          )
        }
      </Loaded>
    </Section>
  )
}
