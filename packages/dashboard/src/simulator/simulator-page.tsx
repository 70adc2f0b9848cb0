import type {
  BacktestJob,
  BacktestRequest,
  BighubClient,
  Constraint,
  ConstraintInput,
  PolicyUpdate,
  PolicyVersion,
} from '@bighub/core'
import { useState } from 'preact/hooks'
import { useClient } from '../api/api-context.ts'
import { useAction } from '../api/use-action.ts'
import { useQuery } from '../api/use-query.ts'
import { describeRule, RuleFields, readRule } from '../constraints/rule-fields.tsx'
import { readThresholds, ThresholdFields } from '../policy/policy-fields.tsx'
import { href, type Location } from '../routing/location.ts'
import { announce } from '../ui/announcer.tsx'
import { fieldsOf, numberField, textField } from '../ui/form-fields.ts'
import { FailureNote, Loaded, Page } from '../ui/page.tsx'
import { BacktestResult } from './backtest-result.tsx'

const LOOK_EVERY_MS = 400

/** What was tried, and what it would have been. */
interface Trial {
  readonly request: BacktestRequest
  readonly job: BacktestJob
}

/** Change a rule or a threshold, and see what the last decisions would have been, before it is applied. */
export function SimulatorPage({ location }: { readonly location: Location }) {
  const client = useClient()
  const policy = useQuery('policy', (signal) => client.policy.get({ signal }))
  const rules = useQuery('rules', (signal) => client.constraints.list({ limit: 1000 }, { signal }))
  return (
    <Page
      title="Simulator"
      lead="The last decisions again, under another rule or other costs, each judged by what was known before it. Nothing changes until you apply it."
    >
      <Loaded query={policy}>
        {(current) => (
          <Loaded query={rules}>
            {(list) => <Simulator current={current} rules={list} without={location.query.get('without')} />}
          </Loaded>
        )}
      </Loaded>
    </Page>
  )
}

interface SimulatorProps {
  readonly current: PolicyVersion
  readonly rules: readonly Constraint[]
  /** A rule that is left out from the start. */
  readonly without: string | null
}

function Simulator({ current, rules, without }: SimulatorProps) {
  const client = useClient()
  const [hasRule, setHasRule] = useState(without === null)
  const [trial, setTrial] = useState<Trial | null>(null)
  const [processed, setProcessed] = useState(0)
  const run = useAction(async (fields: FormData) => {
    setTrial(null)
    setProcessed(0)
    const request = readRequest(fields, current, hasRule)
    setTrial({ request, job: await untilDone(client, request, setProcessed) })
  })
  const active = rules.filter(({ status }) => status === 'active')
  return (
    <>
      <form class="panel form" onSubmit={(event) => void run.start(fieldsOf(event))}>
        <label class="narrow">
          Decisions to replay
          <input name="decisions" type="number" min="1" step="1" required defaultValue={10_000} />
        </label>
        <label class="check">
          <input type="checkbox" checked={hasRule} onChange={() => setHasRule(!hasRule)} />
          Add a rule
        </label>
        {hasRule && <RuleFields />}
        {active.length > 0 && (
          <fieldset>
            <legend>Leave out</legend>
            {active.map((rule) => (
              <label key={rule.rule_id} class="check">
                <input type="checkbox" name="without" value={rule.rule_id} defaultChecked={rule.rule_id === without} />
                <span>
                  {rule.name} <span class="quiet">{describeRule(rule)}</span>
                </span>
              </label>
            ))}
          </fieldset>
        )}
        <details open={!hasRule && without === null}>
          <summary>Other costs, bound or mode</summary>
          <ThresholdFields policy={current.policy} />
        </details>
        {run.failure && <FailureNote failure={run.failure} />}
        <div class="answer-line">
          <button type="submit" class="primary" disabled={run.isBusy}>
            {run.isBusy ? 'Replaying …' : 'Replay'}
          </button>
          <span class="quiet" role="status">
            {run.isBusy && processed > 0 && `${processed} decisions so far`}
          </span>
        </div>
      </form>
      {trial && <Outcome trial={trial} current={current} />}
    </>
  )
}

function Outcome({ trial: { request, job }, current }: { readonly trial: Trial; readonly current: PolicyVersion }) {
  if (!job.result)
    return (
      <p class="note note-bad" role="alert">
        The replay {job.status}: {job.error ?? 'no reason was given'}.
      </p>
    )
  return (
    <>
      <BacktestResult result={job.result} />
      <Apply request={request} current={current} />
    </>
  )
}

/** What was tried, for real. */
function Apply({ request, current }: { readonly request: BacktestRequest; readonly current: PolicyVersion }) {
  const client = useClient()
  const [isDone, setDone] = useState(false)
  const { constraints = [], policy, without_constraints: without = [] } = request
  const apply = useAction(async () => {
    for (const rule of constraints) await client.constraints.create(rule)
    for (const id of without) await client.constraints.pause(id)
    if (policy)
      await client.policy.update({ ...policy, if_match_version: current.version, reason: 'tried in the simulator' })
    announce('Applied. It holds from the next call on.')
    setDone(true)
  })
  const parts = [
    ...constraints.map((rule) => `create “${rule.name}”`),
    ...(without.length > 0 ? [`pause ${without.length} ${without.length === 1 ? 'rule' : 'rules'}`] : []),
    ...(policy ? ['change the policy'] : []),
  ]
  return (
    <div class="panel">
      {apply.failure && <FailureNote failure={apply.failure} />}
      {isDone ? (
        <p>
          Applied. See <a href={href(['constraints'])}>Constraints</a> and <a href={href(['policy'])}>Policy</a>.
        </p>
      ) : (
        <div class="answer-line">
          <button type="button" class="primary" disabled={apply.isBusy} onClick={() => void apply.start()}>
            Apply
          </button>
          <span class="quiet">This will {parts.join(', ')}.</span>
        </div>
      )}
    </div>
  )
}

function readRequest(fields: FormData, { policy }: PolicyVersion, hasRule: boolean): BacktestRequest {
  const constraints: ConstraintInput[] = hasRule ? [readRule(fields)] : []
  const changed: PolicyUpdate = readThresholds(fields, policy)
  const without = fields.getAll('without').filter((id) => typeof id === 'string')
  if (constraints.length + without.length + Object.keys(changed).length === 0)
    throw new Error('nothing differs from what is in force: add a rule, leave one out, or change a cost')
  if (hasRule && textField(fields, 'name') === null) throw new Error('the rule needs a name')
  return {
    decisions: numberField(fields, 'decisions') ?? 10_000,
    ...(constraints.length > 0 ? { constraints } : {}),
    ...(without.length > 0 ? { without_constraints: without } : {}),
    ...(Object.keys(changed).length > 0 ? { policy: changed } : {}),
  }
}

async function untilDone(
  client: BighubClient,
  request: BacktestRequest,
  onProgress: (processed: number) => void,
): Promise<BacktestJob> {
  let job = await client.backtests.create(request)
  while (job.status === 'queued' || job.status === 'running') {
    onProgress(job.processed)
    await new Promise((resolve) => setTimeout(resolve, LOOK_EVERY_MS))
    job = await client.backtests.get(job.job_id)
  }
  return job
}
