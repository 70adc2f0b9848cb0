import type { BighubClient, Decision } from '@bighub/core'
import { useClient } from '../api/api-context.ts'
import { useQuery } from '../api/use-query.ts'
import { LineChart } from '../charts/line-chart.tsx'
import { responseOf, runOf } from '../decisions/read-decision.ts'
import { href } from '../routing/location.ts'
import { Badge } from '../ui/badge.tsx'
import { Facts } from '../ui/facts.tsx'
import { Empty, Loaded, Page, Section } from '../ui/page.tsx'
import { Risk } from '../ui/risk.tsx'
import { Term } from '../ui/term.tsx'
import { amount, moment, percent, words } from '../words/format.ts'
import { isRefused } from './to-runs.ts'

/** Steps that are shown; a longer run shows its newest. */
const MOST = 100
/** Decisions that are read at once. */
const AT_ONCE = 6

/** One run, step by step, with its health. */
export function RunTimeline({ id }: { readonly id: string }) {
  const client = useClient()
  const steps = useQuery(`run ${id}`, (signal) => readSteps(client, id, signal), {
    staleOn: ({ event_type }) => /^(?:action_|approval\.|outcome\.)/.test(event_type),
  })
  return (
    <Page title="Trajectory" lead={id} tools={<a href={href(['trajectories'])}>All runs</a>}>
      <Loaded query={steps}>{(decisions) => <Timeline decisions={decisions} />}</Loaded>
    </Page>
  )
}

function Timeline({ decisions }: { readonly decisions: readonly Decision[] }) {
  const last = decisions.at(-1)
  if (!last) return <Empty title="No such run">No decision of this organisation names it.</Empty>
  const goal = decisions.map((each) => runOf(each).goal ?? runOf(each).user_text).find(Boolean)
  const state = stateOf(last)
  return (
    <>
      <div class="panel">
        <Facts
          of={[
            [<Term is="health">Health now</Term>, state.health ? <Badge key="health" of={state.health} /> : '–'],
            ['Steps', decisions.length],
            [<Term is="cumulativeRisk">Cumulative risk</Term>, percent(state.cumulativeRisk)],
            [<Term is="cumulativeCost">Cumulative value</Term>, amount(state.cumulativeCost)],
            ['Actor', last.actor],
            ['Began', moment(decisions[0]?.created_at)],
          ]}
        />
        {goal && <q>{goal}</q>}
      </div>
      {decisions.length > 1 && (
        <Section title="Risk along the run">
          <div class="panel">
            <LineChart
              label="Risk along the run"
              xLabels={decisions.map((_, index) => `Step ${index + 1}`)}
              lines={[
                { name: 'risk of the step', tone: 'accent', values: decisions.map(({ risk_score }) => risk_score) },
                {
                  name: 'cumulative risk before it',
                  tone: 'bad',
                  values: decisions.map((each) => stateOf(each).cumulativeRisk),
                },
              ]}
            />
          </div>
        </Section>
      )}
      <Section title="Steps">
        <ol class="steps" aria-label="Steps">
          {decisions.map((decision, index) => (
            <Step key={decision.request_id} decision={decision} number={index + 1} />
          ))}
        </ol>
      </Section>
    </>
  )
}

function Step({ decision, number }: { readonly decision: Decision; readonly number: number }) {
  const { health } = stateOf(decision)
  return (
    <li class={`step step-${health ?? 'healthy'}`}>
      <span class="step-number" aria-hidden="true">
        {number}
      </span>
      <div class="step-body">
        <div class="step-line">
          <a href={href(['decisions', decision.request_id])}>{decision.tool ?? decision.action}</a>
          <span class="quiet cut">
            {[decision.target, decision.value === null ? null : amount(decision.value)].filter(Boolean).join(' · ')}
          </span>
          {health && <Badge of={health} />}
        </div>
        <div class="step-line">
          <Risk risk={decision.risk_score} isCompact />
          <Badge of={decision.recommendation} />
          {isRefused(decision) ? (
            <Badge of="not_run" label="Refused" />
          ) : (
            decision.effect_state && <Badge of={decision.effect_state} />
          )}
          {decision.outcome_status && (
            <Badge of={decision.outcome_category ?? ''} label={words(decision.outcome_status)} />
          )}
        </div>
      </div>
    </li>
  )
}

function stateOf(decision: Decision) {
  const intelligence = responseOf(decision)?.intelligence
  return {
    health: intelligence?.trajectory_health ?? null,
    cumulativeRisk: intelligence?.trajectory?.cumulative_risk ?? null,
    cumulativeCost: intelligence?.trajectory?.cumulative_cost ?? null,
  }
}

/** The run's decisions in their order, whole. */
async function readSteps(client: BighubClient, id: string, signal: AbortSignal): Promise<readonly Decision[]> {
  const { decisions } = await client.decisions.list({ trajectory_id: id, limit: MOST }, { signal })
  const waiting = decisions.toReversed().map(({ request_id }, index) => ({ request_id, index }))
  const steps: Decision[] = []
  const read = async (): Promise<void> => {
    for (let next = waiting.shift(); next; next = waiting.shift())
      steps[next.index] = await client.decisions.get(next.request_id, { signal })
  }
  await Promise.all(Array.from({ length: AT_ONCE }, read))
  return steps
}
