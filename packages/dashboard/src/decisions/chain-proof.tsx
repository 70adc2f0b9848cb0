import type { Decision } from '@bighub/core'
import { useClient } from '../api/api-context.ts'
import { useQuery } from '../api/use-query.ts'
import { Badge } from '../ui/badge.tsx'
import { FailureNote, Section } from '../ui/page.tsx'
import { Term } from '../ui/term.tsx'
import { moment, words } from '../words/format.ts'

/** The records of a decision with the hashes that prove them, checked against the log. */
export function ChainProof({ decision }: { readonly decision: Decision }) {
  const client = useClient()
  const proof = useQuery(`proof ${decision.validation_id} ${decision.records.length}`, (signal) =>
    client.actions.verifyValidation(decision.validation_id, { signal }),
  )
  return (
    <Section title={<Term is="chain">Proof</Term>}>
      <div class="panel">
        {proof.failure && <FailureNote failure={proof.failure} />}
        {proof.data && (
          <p>
            <Badge of={proof.data.valid ? 'good' : 'poor'} label={proof.data.valid ? 'Verified' : 'Not valid'} />{' '}
            {proof.data.message}
          </p>
        )}
        <div class="scroll" tabIndex={0} role="region" aria-label="Records of the log">
          <table>
            <thead>
              <tr>
                <th scope="col" class="number">
                  No.
                </th>
                <th scope="col">Record</th>
                <th scope="col">When</th>
                <th scope="col">Hash</th>
              </tr>
            </thead>
            <tbody>
              {decision.records.map(({ seq, type, at, hash, is_erased }) => (
                <tr key={seq}>
                  <td class="number">{seq}</td>
                  <td>
                    {words(type)} {is_erased && <span class="badge badge-quiet">words erased</span>}
                  </td>
                  <td class="nowrap">{moment(at)}</td>
                  <td>
                    <code title={hash}>{hash.slice(0, 20)}…</code>
                  </td>
                </tr>
              ))}
            </tbody>
          </table>
        </div>
      </div>
    </Section>
  )
}
