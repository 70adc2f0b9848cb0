import { useClient } from '../api/api-context.ts'
import { useQuery } from '../api/use-query.ts'
import { LineChart } from '../charts/line-chart.tsx'
import { href } from '../routing/location.ts'
import { Figure } from '../ui/figure.tsx'
import { Loaded, Section } from '../ui/page.tsx'
import { Term } from '../ui/term.tsx'
import { count, percent } from '../words/format.ts'

/** Were recommendations followed, and did that help. */
export function RecommendationQuality() {
  const client = useClient()
  const quality = useQuery(
    'recommendation-quality',
    (signal) => client.outcomes.recommendationQuality({}, { signal }),
    {
      staleOn: ({ event_type }) => event_type === 'outcome.reported',
    },
  )
  return (
    <Section title="Were recommendations followed, and did it help?">
      <Loaded query={quality}>
        {({ total_with_outcome, follow_rate, positive_after_following, quadrants, trend, examples }) =>
          total_with_outcome === 0 ? (
            <p class="quiet">No outcome has been reported yet.</p>
          ) : (
            <div class="panel">
              <div class="columns">
                <table class="quadrants">
                  <caption>
                    <Term is="quadrant">Outcomes by whether the advice was followed</Term>
                  </caption>
                  <thead>
                    <tr>
                      <td />
                      <th scope="col">Ended well</th>
                      <th scope="col">Ended badly</th>
                    </tr>
                  </thead>
                  <tbody>
                    <tr>
                      <th scope="row">Followed</th>
                      <td class="quadrant-good">{count(quadrants.followed_positive)}</td>
                      <td class="quadrant-bad">{count(quadrants.followed_negative)}</td>
                    </tr>
                    <tr>
                      <th scope="row">Ignored</th>
                      <td>{count(quadrants.ignored_positive)}</td>
                      <td class="quadrant-bad">{count(quadrants.ignored_negative)}</td>
                    </tr>
                  </tbody>
                </table>
                <div class="figures">
                  <Figure
                    is="followRate"
                    name="Followed"
                    value={percent(follow_rate)}
                    note={`${count(total_with_outcome)} with an outcome`}
                  />
                  <Figure
                    is="positiveAfterFollowing"
                    name="Good after following"
                    value={percent(positive_after_following)}
                  />
                </div>
              </div>
              {trend.length > 1 && (
                <LineChart
                  label="By week"
                  xLabels={trend.map(({ week }) => week)}
                  lines={[
                    { name: 'followed', tone: 'accent', values: trend.map((week) => week.follow_rate) },
                    {
                      name: 'good after following',
                      tone: 'good',
                      values: trend.map((week) => week.positive_after_following),
                    },
                  ]}
                />
              )}
              <div class="columns">
                <Examples title="Where it helped" of={examples.helped} />
                <Examples title="What it missed" of={examples.missed} />
              </div>
            </div>
          )
        }
      </Loaded>
    </Section>
  )
}

interface Example {
  readonly request_id: string
  readonly action: string
  readonly tool: string | null
  readonly description: string
  readonly risk_score_was: number | null
}

function Examples({ title, of }: { readonly title: string; readonly of: readonly Example[] }) {
  return (
    <div>
      <h3>{title}</h3>
      {of.length === 0 ? (
        <p class="quiet">No example yet.</p>
      ) : (
        <ul class="lines">
          {of.slice(0, 5).map(({ request_id, action, tool, description, risk_score_was }) => (
            <li key={request_id}>
              <a href={href(['decisions', request_id])}>{tool ?? action}</a>{' '}
              <span class="quiet">
                risk {percent(risk_score_was)}
                {description && ` · ${description}`}
              </span>
            </li>
          ))}
        </ul>
      )}
    </div>
  )
}
