import { useClient } from '../api/api-context.ts'
import { useAction } from '../api/use-action.ts'
import { useQuery } from '../api/use-query.ts'
import { announce } from '../ui/announcer.tsx'
import { Badge } from '../ui/badge.tsx'
import { FailureNote, Loaded, Section } from '../ui/page.tsx'
import { Term } from '../ui/term.tsx'
import { Ago } from '../ui/time.tsx'
import { count, percent } from '../words/format.ts'

/** Slices of the log whose bad rate differs from the rest, found with controlled false discovery. */
export function Patterns() {
  const client = useClient()
  const patterns = useQuery('patterns', (signal) => client.insights.patterns({}, { signal }))
  const learn = useAction(async () => {
    const { cases_analyzed, patterns_discovered } = await client.insights.learn()
    announce(`${count(cases_analyzed)} cases looked at, ${patterns_discovered} new patterns.`)
    patterns.reload()
  })
  return (
    <Section
      title="Patterns"
      tools={
        <button type="button" class="small" disabled={learn.isBusy} onClick={() => void learn.start()}>
          Look again
        </button>
      }
    >
      {learn.failure && <FailureNote failure={learn.failure} />}
      <Loaded query={patterns}>
        {({ patterns: found }) =>
          found.length === 0 ? (
            <p class="quiet">
              No slice differs from the rest by more than chance. It takes some dozens of outcomes to tell.
            </p>
          ) : (
            <div class="table-panel">
              <table class="stack">
                <thead>
                  <tr>
                    <th scope="col">Finding</th>
                    <th scope="col" class="number">
                      <Term is="observedRate">Bad rate</Term>
                    </th>
                    <th scope="col" class="number">
                      <Term is="support">Outcomes</Term>
                    </th>
                    <th scope="col">Severity</th>
                    <th scope="col">Last seen</th>
                  </tr>
                </thead>
                <tbody>
                  {found.map((pattern) => (
                    <tr key={pattern.pattern_id}>
                      <td>{pattern.description}</td>
                      <td class="number" data-label="bad">
                        {percent(pattern.negative_rate)}
                      </td>
                      <td class="number" data-label="outcomes">
                        {count(pattern.support)}
                      </td>
                      <td>
                        <Badge of={pattern.severity} />
                      </td>
                      <td class="nowrap">
                        <Ago at={pattern.last_seen} />
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
