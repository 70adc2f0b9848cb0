import { useState } from 'preact/hooks'
import { useClient } from '../api/api-context.ts'
import { useAction } from '../api/use-action.ts'
import { useQuery } from '../api/use-query.ts'
import { href } from '../routing/location.ts'
import { announce } from '../ui/announcer.tsx'
import { Dialog } from '../ui/dialog.tsx'
import { fieldsOf, given, numberField, textField } from '../ui/form-fields.ts'
import { Empty, FailureNote, Loaded, Page } from '../ui/page.tsx'
import { Risk } from '../ui/risk.tsx'
import { Term } from '../ui/term.tsx'
import { count, duration, words } from '../words/format.ts'
import { UnknownRuns } from './unknown-runs.tsx'

const SHOWN = 100

/** Calls that ran and of which nobody has said what came; and runs of which nobody knows whether they did. */
export function OutcomesPage() {
  const client = useClient()
  const [reporting, setReporting] = useState<{ readonly id: string; readonly name: string } | null>(null)
  const pending = useQuery('outcomes-pending', (signal) => client.outcomes.pending({ limit: SHOWN }, { signal }), {
    staleOn: ({ event_type }) => event_type === 'outcome.reported' || event_type.startsWith('action_'),
  })
  return (
    <Page
      title="Outcomes"
      lead="Calls that ran and have no outcome yet. Until somebody says what came of them, they teach nothing."
    >
      <UnknownRuns />
      <Loaded query={pending}>
        {({ pending: list, total }) =>
          list.length === 0 ? (
            <Empty title="Every call has its outcome">
              A guard reports results by itself. What is known only later, such as a chargeback, comes by{' '}
              <code>client.outcomes.report</code>.
            </Empty>
          ) : (
            <>
              <p class="quiet">
                {count(total)} in all{total > list.length && `, ${list.length} shown`}.
              </p>
              <div class="table-panel">
                <table class="stack">
                  <thead>
                    <tr>
                      <th scope="col">Call</th>
                      <th scope="col">Actor</th>
                      <th scope="col">
                        <Term is="risk">Risk</Term>
                      </th>
                      <th scope="col" class="number">
                        <Term is="pendingAge">Age</Term>
                      </th>
                      <th scope="col">
                        <span class="hidden">What came of it</span>
                      </th>
                    </tr>
                  </thead>
                  <tbody>
                    {list.map((each) => (
                      <tr key={each.request_id}>
                        <td>
                          <a href={href(['decisions', each.request_id])}>{each.tool ?? each.action}</a>
                          <div class="quiet">{each.domain}</div>
                        </td>
                        <td>{each.actor}</td>
                        <td class="risk-cell">
                          <Risk risk={each.risk_score} isCompact />
                        </td>
                        <td class="number" data-label="age">
                          {duration(each.age_hours * 3600)}
                        </td>
                        <td>
                          <button
                            type="button"
                            class="small"
                            onClick={() => setReporting({ id: each.request_id, name: each.tool ?? each.action })}
                          >
                            Report
                          </button>
                        </td>
                      </tr>
                    ))}
                  </tbody>
                </table>
              </div>
            </>
          )
        }
      </Loaded>
      {reporting && (
        <ReportOutcome
          id={reporting.id}
          name={reporting.name}
          onClose={() => setReporting(null)}
          onReported={pending.reload}
        />
      )}
    </Page>
  )
}

interface ReportOutcomeProps {
  readonly id: string
  readonly name: string
  readonly onClose: () => void
  readonly onReported: () => void
}

function ReportOutcome({ id, name, onClose, onReported }: ReportOutcomeProps) {
  const client = useClient()
  const taxonomy = useQuery('taxonomy', (signal) => client.outcomes.taxonomy({ signal }))
  const report = useAction(async (fields: FormData) => {
    await client.outcomes.report({
      request_id: id,
      status: textField(fields, 'status') ?? '',
      ...given({
        description: textField(fields, 'description'),
        revenue_impact: numberField(fields, 'revenue_impact'),
      }),
    })
    announce('Recorded, and learned from.')
    onReported()
    onClose()
  })
  return (
    <Dialog title={`What came of ${name}?`} onClose={onClose}>
      <Loaded query={taxonomy}>
        {({ statuses }) => (
          <form class="form" onSubmit={(event) => void report.start(fieldsOf(event))}>
            <label>
              Outcome
              <select name="status" required>
                {['positive', 'neutral', 'negative'].map((category) => (
                  <optgroup key={category} label={words(category)}>
                    {statuses
                      .filter((each) => each.category === category)
                      .map(({ status, description }) => (
                        <option key={status} value={status}>
                          {words(status)}: {description}
                        </option>
                      ))}
                  </optgroup>
                ))}
              </select>
            </label>
            <label>
              What happened
              <input name="description" maxLength={10_000} />
            </label>
            <label>
              Effect on revenue
              <input name="revenue_impact" type="number" step="any" placeholder="not known" />
            </label>
            {report.failure && <FailureNote failure={report.failure} />}
            <button type="submit" class="primary" disabled={report.isBusy}>
              Report outcome
            </button>
          </form>
        )}
      </Loaded>
    </Dialog>
  )
}
