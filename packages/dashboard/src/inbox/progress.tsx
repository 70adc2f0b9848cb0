import type { ApprovalItem, Decision } from '@bighub/core'
import { useClient } from '../api/api-context.ts'
import { useQuery } from '../api/use-query.ts'
import { requestOf } from '../decisions/read-decision.ts'
import { href } from '../routing/location.ts'
import { Badge } from '../ui/badge.tsx'
import { Term } from '../ui/term.tsx'
import { percent, words } from '../words/format.ts'

export interface ProgressProps {
  readonly item: ApprovalItem
  readonly decision: Decision | undefined
  readonly onNext: () => void
}

/** What became of an answered call: who answered, whether it ran, what came of it, and how the next one like it would be judged. */
export function Progress({ item, decision, onNext }: ProgressProps) {
  const outcome = decision?.outcomes.at(-1)
  const effect = decision?.effect
  return (
    <div class="progress">
      <ol aria-label="What became of it">
        <li>
          <span>Answered</span>
          <span>
            <Badge of={item.status} /> {item.resolved_by ? `by ${item.resolved_by}` : (item.cancel_reason ?? '')}{' '}
            {item.superseded_by && <a href={href(['inbox', item.superseded_by])}>as it was edited</a>}
            {item.comment && <q>{item.comment}</q>}
          </span>
        </li>
        <li>
          <Term is="effect">Executed</Term>
          <span>
            {effect ? (
              <>
                <Badge of={effect.state} /> {effect.summary}
              </>
            ) : item.status === 'approved' ? (
              <span class="quiet">waiting for the process that asked …</span>
            ) : (
              <span class="quiet">it does not run</span>
            )}
          </span>
        </li>
        <li>
          <Term is="outcome">Outcome</Term>
          <span>
            {outcome ? (
              <>
                <Badge of={outcome.category} label={words(outcome.status)} /> {outcome.description}
              </>
            ) : (
              <span class="quiet">none reported yet</span>
            )}
          </span>
        </li>
        {decision && outcome && (
          <li>
            <span>Next time</span>
            <NextTime decision={decision} />
          </li>
        )}
      </ol>
      <button type="button" class="primary" onClick={onNext}>
        Next call <kbd>n</kbd>
      </button>
    </div>
  )
}

/** The same question asked again without recording it: what has been learned since. */
function NextTime({ decision }: { readonly decision: Decision }) {
  const client = useClient()
  const request = requestOf(decision)
  const again = useQuery(request ? `again ${decision.request_id} ${decision.outcomes.length}` : null, () =>
    // A run's earlier steps and this call's own claim are not part of the question.
    client.actions.dryRun({ ...request, action: decision.action, context: { call: callOnly(request) } }),
  )
  if (!again.data) return <span class="quiet">{again.failure ? again.failure.message : 'judging it again …'}</span>
  return (
    <span>
      the same call would now be judged <Term is="risk">{percent(again.data.risk_score)}</Term>{' '}
      <span class="quiet">(it was {percent(decision.risk_score)})</span> <Badge of={again.data.recommendation} />
    </span>
  )
}

function callOnly(request: ReturnType<typeof requestOf>) {
  const { effect_key: _, call_id: __, arguments_digest: ___, ...call } = request?.context?.call ?? {}
  return call
}
