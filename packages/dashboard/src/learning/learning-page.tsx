import { useClient } from '../api/api-context.ts'
import { useQuery } from '../api/use-query.ts'
import { LineChart } from '../charts/line-chart.tsx'
import { ReliabilityChart } from '../charts/reliability-chart.tsx'
import { Badge } from '../ui/badge.tsx'
import { Figure } from '../ui/figure.tsx'
import { Empty, Loaded, Page, Section } from '../ui/page.tsx'
import { Term } from '../ui/term.tsx'
import { count, decimals, percent, words } from '../words/format.ts'
import { LearningRuns } from './learning-runs.tsx'
import { Patterns } from './patterns.tsx'
import { RecommendationQuality } from './recommendation-quality.tsx'

/** Outcomes change everything here. */
const STALE = { staleOn: ({ event_type }: { readonly event_type: string }) => event_type === 'outcome.reported' }
const DAYS = 90

/** How good the judgements are, from the predictions as they were made. */
export function LearningPage() {
  return (
    <Page title="Learning" lead="How well predictions agree with what happened, and what has been learned from it.">
      <Calibration />
      <RecommendationQuality />
      <Patterns />
      <LearningRuns />
    </Page>
  )
}

function Calibration() {
  const client = useClient()
  const report = useQuery('calibration', (signal) => client.calibration.report({}, { signal }), STALE)
  const reliability = useQuery('reliability', (signal) => client.calibration.reliability({}, { signal }), STALE)
  const drift = useQuery('drift', (signal) => client.calibration.drift({}, { signal }), STALE)
  return (
    <Loaded query={report}>
      {(figures) =>
        figures.sample_size === 0 ? (
          <Empty title="No outcomes yet">
            Nothing can be learned from calls alone. A guard reports results by itself; late truths come by{' '}
            <code>client.outcomes.report</code> or under Outcomes.
          </Empty>
        ) : (
          <>
            <div class="figures">
              <Figure
                is="calibrationError"
                name="Calibration error"
                value={decimals(figures.expected_calibration_error)}
                note={<Badge of={figures.calibration_quality} />}
              />
              <Figure
                is="predictedRisk"
                name="Predicted risk"
                value={percent(figures.mean_predicted_risk)}
                note={words(figures.bias_direction)}
              />
              <Figure
                is="observedRate"
                name="Observed bad rate"
                value={percent(figures.observed_negative_rate)}
                note={`${count(figures.sample_size)} outcomes`}
              />
              <Figure is="brier" name="Brier score" value={decimals(figures.brier_score)} />
              {drift.data && (
                <Figure
                  is="drift"
                  name="Drift"
                  value={drift.data.drift_score === null ? '–' : decimals(drift.data.drift_score, 1)}
                  note={
                    drift.data.drift_score === null
                      ? 'too few outcomes'
                      : `${percent(drift.data.previous.observed_rate)} → ${percent(drift.data.current.observed_rate)} in ${drift.data.window_days} days${drift.data.drift_detected ? ', riskier than chance' : ''}`
                  }
                />
              )}
            </div>
            <div class="columns">
              <Section title={<Term is="reliability">Reliability</Term>}>
                <div class="panel">
                  <Loaded query={reliability}>
                    {({ bins }) =>
                      bins.length === 0 ? (
                        <p class="quiet">Too few outcomes for a bin.</p>
                      ) : (
                        <ReliabilityChart bins={bins} />
                      )
                    }
                  </Loaded>
                </div>
              </Section>
              <OverTime />
            </div>
          </>
        )
      }
    </Loaded>
  )
}

function OverTime() {
  const client = useClient()
  const history = useQuery(
    'quality-history',
    (signal) => client.calibration.qualityHistory({ days: DAYS }, { signal }),
    STALE,
  )
  if (!history.data || history.data.length === 0) return null
  const days = history.data
  return (
    <Section title="Risk and bad rate by day">
      <div class="panel">
        <LineChart
          label="Risk and bad rate by day"
          xLabels={days.map(({ date }) => date)}
          lines={[
            {
              name: 'predicted risk',
              tone: 'accent',
              values: days.map(({ mean_predicted }) => mean_predicted ?? null),
            },
            { name: 'observed bad rate', tone: 'bad', values: days.map(({ positive_rate }) => 1 - positive_rate) },
          ]}
        />
      </div>
    </Section>
  )
}
