import type { Decision } from '@bighub/core'
import { useClient } from '../api/api-context.ts'
import { useQuery } from '../api/use-query.ts'
import { Badge } from '../ui/badge.tsx'
import { Facts } from '../ui/facts.tsx'
import { Section } from '../ui/page.tsx'
import { Term } from '../ui/term.tsx'
import { amount, duration, moment, percent, signed, words } from '../words/format.ts'

/** What ran, what came of it, and every later correction; then what had been predicted beside it. */
export function ExecutionAndOutcome({ decision }: { readonly decision: Decision }) {
  const { effect, outcomes } = decision
  return (
    <>
      <Section title={<Term is="effect">Execution</Term>}>
        <div class="panel">
          {effect ? (
            <Facts
              of={[
                ['State', <Badge key="state" of={effect.state} />],
                ['Claimed', moment(effect.claimed_at)],
                ['Settled', moment(effect.settled_at)],
                ['Result', effect.summary ?? '–'],
              ]}
            />
          ) : (
            <p class="quiet">
              No run was claimed: the call was refused, is still waiting, or its guard keeps no ledger.
            </p>
          )}
        </div>
      </Section>
      <Section title={<Term is="outcome">Outcome</Term>}>
        <div class="panel">
          {outcomes.length === 0 ? (
            <p class="quiet">Nobody has reported what came of it.</p>
          ) : (
            <ol class="timeline" aria-label="Reports, oldest first">
              {outcomes.map((outcome, index) => (
                <li key={outcome.outcome_id}>
                  <span class="quiet">{moment(outcome.reported_at)}</span>
                  <div>
                    <Badge of={outcome.category} label={words(outcome.status)} />
                    {index > 0 && <span class="badge badge-mild">correction</span>}{' '}
                    {outcome.reported_by && `by ${outcome.reported_by}`}
                    {outcome.time_to_outcome_s !== null && (
                      <span class="quiet">
                        {' '}
                        ·{' '}
                        {outcome.time_to_outcome_s < 1
                          ? 'at once'
                          : `${duration(outcome.time_to_outcome_s)} after the decision`}
                      </span>
                    )}
                    {outcome.description && <p>{outcome.description}</p>}
                    <OutcomeDetails outcome={outcome} />
                  </div>
                </li>
              ))}
            </ol>
          )}
          {outcomes.length > 0 && <PredictedAndReal decision={decision} />}
        </div>
      </Section>
    </>
  )
}

function OutcomeDetails({ outcome }: { readonly outcome: Decision['outcomes'][number] }) {
  const { correction, business_impact: impact, rollback } = outcome
  const facts = [
    ...(correction.needed ? [['Correction', correction.description || 'needed'] as const] : []),
    ...(correction.cost === null ? [] : [['Cost of the correction', amount(correction.cost)] as const]),
    ...(rollback.performed ? [['Rollback', 'done'] as const] : []),
    ...(impact.revenue_impact === null ? [] : [['Revenue', amount(impact.revenue_impact)] as const]),
    ...(impact.customer_impact_count > 0 ? [['Customers affected', impact.customer_impact_count] as const] : []),
  ]
  return facts.length === 0 ? null : <Facts of={facts} />
}

function PredictedAndReal({ decision }: { readonly decision: Decision }) {
  const outcome = decision.outcomes.at(-1)
  const client = useClient()
  const { data } = useQuery(`compare ${decision.request_id} ${decision.outcomes.length}`, (signal) =>
    client.simulations.compare(decision.request_id, { signal }),
  )
  const error = outcome?.calibration.error ?? null
  if (error === null && !data) return null
  return (
    <p class="quiet">
      Predicted risk {percent(decision.risk_score)}
      {error !== null && `, which was ${signed(error)} from what happened`}.
    </p>
  )
}
