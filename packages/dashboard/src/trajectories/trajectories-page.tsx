import type { DecisionSummary } from '@bighub/core'
import { useClient } from '../api/api-context.ts'
import { useQuery } from '../api/use-query.ts'
import { href, type Location } from '../routing/location.ts'
import { Badge } from '../ui/badge.tsx'
import { Empty, Loaded, Page } from '../ui/page.tsx'
import { Risk } from '../ui/risk.tsx'
import { Term } from '../ui/term.tsx'
import { Ago } from '../ui/time.tsx'
import { amount } from '../words/format.ts'
import { RunTimeline } from './run-timeline.tsx'
import { toRuns } from './to-runs.ts'

/** Decisions that are looked through for runs: the largest page there is. */
const LOOKED_THROUGH = 1000

export function TrajectoriesPage({ location }: { readonly location: Location }) {
  const [, id] = location.segments
  return id === undefined ? <RunList /> : <RunTimeline id={id} />
}

function RunList() {
  const client = useClient()
  const latest = useQuery('runs', (signal) => client.decisions.list({ limit: LOOKED_THROUGH }, { signal }), {
    staleOn: ({ event_type }) => event_type.startsWith('action_') || event_type === 'outcome.reported',
  })
  return (
    <Page
      title="Trajectories"
      lead="Runs of agents, each the ordered calls of one task, among the newest 1,000 decisions."
    >
      <Loaded query={latest}>{({ decisions }) => <Runs decisions={decisions} />}</Loaded>
    </Page>
  )
}

function Runs({ decisions }: { readonly decisions: readonly DecisionSummary[] }) {
  const runs = toRuns(decisions)
  if (runs.length === 0)
    return (
      <Empty title="No runs yet">
        Calls belong to a run when the guard has one: <code>guard.withRun({'{ id }'}, …)</code>, or an adapter whose
        framework names its threads.
      </Empty>
    )
  return (
    <div class="table-panel">
      <table class="stack">
        <thead>
          <tr>
            <th scope="col">Run</th>
            <th scope="col">Actor</th>
            <th scope="col" class="number">
              Steps
            </th>
            <th scope="col">Last step</th>
            <th scope="col">
              <Term is="risk">Riskiest step</Term>
            </th>
            <th scope="col" class="number">
              <Term is="stake">Value</Term>
            </th>
            <th scope="col">What happened</th>
          </tr>
        </thead>
        <tbody>
          {runs.map((run) => (
            <tr key={run.id}>
              <td>
                <a href={href(['trajectories', run.id])}>{run.id}</a>
              </td>
              <td>{run.actors.join(', ')}</td>
              <td class="number" data-label="steps">
                {run.steps}
              </td>
              <td class="nowrap">
                <Ago at={run.lastAt} />
              </td>
              <td class="risk-cell">
                <Risk risk={run.highestRisk} isCompact />
              </td>
              <td class="number" data-label="value">
                {amount(run.value)}
              </td>
              <td>
                {run.bad > 0 && <Badge of="negative" label={`${run.bad} bad`} />}{' '}
                {run.refused > 0 && <Badge of="not_run" label={`${run.refused} refused`} />}{' '}
                {run.pending > 0 && <Badge of="pending" label={`${run.pending} waiting`} />}
                {run.bad + run.refused + run.pending === 0 && <span class="quiet">nothing bad so far</span>}
              </td>
            </tr>
          ))}
        </tbody>
      </table>
    </div>
  )
}
