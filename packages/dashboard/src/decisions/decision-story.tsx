import type { Decision } from '@bighub/core'
import { useClient } from '../api/api-context.ts'
import { useQuery } from '../api/use-query.ts'
import { href } from '../routing/location.ts'
import { ArgumentsTable } from '../ui/arguments-table.tsx'
import { Badge } from '../ui/badge.tsx'
import { Contributions } from '../ui/contributions.tsx'
import { CopyButton } from '../ui/copy-button.tsx'
import { Facts } from '../ui/facts.tsx'
import { Loaded, Page, Section } from '../ui/page.tsx'
import { Risk } from '../ui/risk.tsx'
import { Term } from '../ui/term.tsx'
import { Ago } from '../ui/time.tsx'
import { amount, decimals, moment, percent, words } from '../words/format.ts'
import { ChainProof } from './chain-proof.tsx'
import { ExecutionAndOutcome } from './execution-and-outcome.tsx'
import { callOf, responseOf, runOf } from './read-decision.ts'

/** One decision from the proposed call to its last correction. */
export function DecisionStory({ id }: { readonly id: string }) {
  const client = useClient()
  const story = useQuery(`story ${id}`, (signal) => client.decisions.get(id, { signal }), {
    staleOn: ({ request_id }) => request_id === id,
  })
  return (
    <Page
      title={story.data ? (story.data.tool ?? story.data.action) : 'Decision'}
      lead={story.data && <>{id}</>}
      tools={
        <>
          <a href={href(['decisions'])}>All decisions</a>
          <CopyButton text={location.href} label="Copy link" />
        </>
      }
    >
      <Loaded query={story}>{(decision) => <Story decision={decision} />}</Loaded>
    </Page>
  )
}

function Story({ decision }: { readonly decision: Decision }) {
  const response = responseOf(decision)
  const call = callOf(decision)
  const { approval } = decision
  return (
    <div class="story">
      <div class="panel">
        <p class="story-line">
          <Badge of={decision.recommendation} /> <span aria-hidden="true">→</span> <Badge of={decision.result} />
          {approval && (
            <>
              {' '}
              <span aria-hidden="true">→</span> <Badge of={approval.status} />
            </>
          )}
          {decision.effect_state && (
            <>
              {' '}
              <span aria-hidden="true">→</span> <Badge of={decision.effect_state} />
            </>
          )}
          {decision.outcome_status && (
            <>
              {' '}
              <span aria-hidden="true">→</span>{' '}
              <Badge of={decision.outcome_category ?? ''} label={words(decision.outcome_status)} />
            </>
          )}
        </p>
        <Facts
          of={[
            [
              <Term is="risk">Risk</Term>,
              <Risk key="risk" risk={decision.risk_score} interval={response?.risk_interval} />,
            ],
            [<Term is="stake">Value</Term>, amount(decision.value)],
            ['When', moment(decision.created_at)],
            ['Actor', <Filter key="actor" name="actor" value={decision.actor} />],
            ['Action', <Filter key="action" name="action" value={decision.action} />],
            ['Domain', <Filter key="domain" name="domain" value={decision.domain} />],
            ['Target', decision.target ?? '–'],
            [
              'Run',
              decision.trajectory_id ? (
                <a href={href(['trajectories', decision.trajectory_id])}>{decision.trajectory_id}</a>
              ) : (
                '–'
              ),
            ],
          ]}
        />
      </div>

      <Section title="The call">
        <div class="panel">
          {decision.request === null ? (
            <p class="quiet">
              Its words were erased, or the decision was made elsewhere. What was learned from it stays.
            </p>
          ) : (
            <ArgumentsTable values={call.arguments ?? {}} provenance={call.provenance} />
          )}
          {runOf(decision).user_text && (
            <p>
              <span class="quiet">The user said</span> <q>{runOf(decision).user_text}</q>
            </p>
          )}
        </div>
      </Section>

      {response && <Judgement decision={decision} />}
      <Section title="Approval">
        <div class="panel">{approval ? <Approval decision={decision} /> : <p class="quiet">Nobody was asked.</p>}</div>
      </Section>
      <ExecutionAndOutcome decision={decision} />
      <ChainProof decision={decision} />
    </div>
  )
}

function Filter({ name, value }: { readonly name: 'actor' | 'action' | 'domain'; readonly value: string | null }) {
  if (!value) return <>–</>
  return <a href={href(['decisions'], { [name]: value })}>{value}</a>
}

function Judgement({ decision }: { readonly decision: Decision }) {
  const response = responseOf(decision)
  if (!response) return null
  const { decision_intelligence: because, intelligence, decision_packet: packet, warnings } = response
  const simulation = response.simulation ?? because.simulation_summary
  const trajectory = intelligence?.trajectory
  return (
    <>
      <Section title="Why it was judged so">
        <div class="panel">
          <p>{because.rationale}</p>
          {warnings.map((warning) => (
            <p key={warning} class="note note-mild">
              {warning}
            </p>
          ))}
          <Contributions of={packet?.risk_factors ?? []} most={12} />
          <Facts
            of={[
              [
                <Term is="confidence">Confidence</Term>,
                intelligence
                  ? `${decimals(intelligence.confidence.score, 2)} · ${words(intelligence.confidence.level)}`
                  : words(response.recommendation_confidence),
              ],
              ['Evidence', words(because.evidence_status)],
              [<Term is="regret">Projected regret</Term>, decimals(because.projected_regret, 2)],
              ['Mode', words(response.enforcement_mode)],
            ]}
          />
          {intelligence?.counterfactual.available && intelligence.counterfactual.easiest_change && (
            <p>
              <span class="quiet">What would change the advice:</span> {intelligence.counterfactual.easiest_change}
            </p>
          )}
        </div>
      </Section>
      <Section title="Constraints">
        <div class="panel">
          {packet && packet.constraints.length > 0 ? (
            <ul class="lines">
              {packet.constraints.map(({ rule_id, name, effect }) => (
                <li key={rule_id}>
                  <a href={href(['constraints', rule_id])}>{name}</a>{' '}
                  <Badge of={effect} tone={effect === 'block' ? 'bad' : 'hold'} />
                </li>
              ))}
            </ul>
          ) : (
            <p class="quiet">
              No rule matched{response.blocked_by ? `; stopped by ${words(response.blocked_by)}` : ''}.
            </p>
          )}
        </div>
      </Section>
      <div class="columns">
        {simulation && (
          <Section title="Consequence">
            <div class="panel">
              {simulation.available ? (
                <Facts
                  of={[
                    [<Term is="loss">Loss, median</Term>, decimals(simulation.loss_p50, 2)],
                    [<Term is="loss">Loss, 95 %</Term>, decimals(simulation.loss_p95, 2)],
                    [<Term is="loss">Loss, worst</Term>, decimals(simulation.loss_worst, 2)],
                    ['Draws that end badly', percent(simulation.failure_rate)],
                  ]}
                />
              ) : (
                <p class="quiet">Nothing was drawn.</p>
              )}
            </div>
          </Section>
        )}
        {trajectory && (
          <Section title="The run so far">
            <div class="panel">
              <Facts
                of={[
                  [
                    <Term is="health">Health</Term>,
                    intelligence?.trajectory_health ? <Badge key="health" of={intelligence.trajectory_health} /> : '–',
                  ],
                  ['Step', trajectory.step_index + 1],
                  [<Term is="cumulativeRisk">Cumulative risk</Term>, percent(trajectory.cumulative_risk)],
                  [<Term is="cumulativeCost">Cumulative value</Term>, amount(trajectory.cumulative_cost)],
                  [<Term is="verificationDebt">Verification debt</Term>, decimals(trajectory.verification_debt, 1)],
                  ['Failures · refusals', `${trajectory.recent_failures_count} · ${trajectory.refusals_count}`],
                ]}
              />
            </div>
          </Section>
        )}
      </div>
      {(packet?.precedents.length ?? 0) > 0 && (
        <Section title="Precedents">
          <div class="table-panel">
            <table>
              <thead>
                <tr>
                  <th scope="col">Call</th>
                  <th scope="col">Target</th>
                  <th scope="col" class="number">
                    Value
                  </th>
                  <th scope="col" class="number">
                    <Term is="similarity">Similarity</Term>
                  </th>
                  <th scope="col">Outcome</th>
                </tr>
              </thead>
              <tbody>
                {packet?.precedents.map((each) => (
                  <tr key={each.request_id}>
                    <td>
                      <a href={href(['decisions', each.request_id])}>{each.action}</a>
                    </td>
                    <td>{each.target ?? '–'}</td>
                    <td class="number">{amount(each.value)}</td>
                    <td class="number">{decimals(each.similarity, 2)}</td>
                    <td>
                      <Badge of={each.outcome_category} label={words(each.outcome_status)} />
                    </td>
                  </tr>
                ))}
              </tbody>
            </table>
          </div>
        </Section>
      )}
      {because.alternatives.length > 0 && (
        <Section title="What else was done in such situations">
          <div class="panel">
            <ul class="lines">
              {because.alternatives.map(({ action, rationale, estimated_risk }) => (
                <li key={action}>
                  <strong>{action}</strong> {rationale} <span class="quiet">risk {percent(estimated_risk)}</span>
                </li>
              ))}
            </ul>
          </div>
        </Section>
      )}
    </>
  )
}

function Approval({ decision: { approval } }: { readonly decision: Decision }) {
  if (!approval) return null
  return (
    <>
      <Facts
        of={[
          ['Answer', <Badge key="status" of={approval.status} />],
          ['By', approval.resolved_by ?? '–'],
          ['Asked', <Ago key="asked" at={approval.created_at} />],
          ['Answered', <Ago key="answered" at={approval.resolved_at} />],
          ['Used', <Ago key="used" at={approval.consumed_at} />],
          [<Term is="digest">Bound to</Term>, <code key="digest">{approval.arguments_digest.slice(0, 16)}…</code>],
        ]}
      />
      {approval.comment && <q>{approval.comment}</q>}
      {approval.status === 'pending' && (
        <p>
          <a href={href(['inbox', approval.request_id])}>Answer it in the inbox</a>
        </p>
      )}
    </>
  )
}
