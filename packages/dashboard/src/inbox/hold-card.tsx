import type { ApprovalItem, BighubClient, Decision } from '@bighub/core'
import { useEffect, useState } from 'preact/hooks'
import { useClient } from '../api/api-context.ts'
import { useAction } from '../api/use-action.ts'
import { useQuery } from '../api/use-query.ts'
import { responseOf } from '../decisions/read-decision.ts'
import { goTo, href } from '../routing/location.ts'
import { announce } from '../ui/announcer.tsx'
import { ArgumentsTable } from '../ui/arguments-table.tsx'
import { Badge } from '../ui/badge.tsx'
import { Contributions } from '../ui/contributions.tsx'
import { Facts } from '../ui/facts.tsx'
import { FailureNote, Loaded } from '../ui/page.tsx'
import { Risk } from '../ui/risk.tsx'
import { Term } from '../ui/term.tsx'
import { Ago, Left } from '../ui/time.tsx'
import { amount } from '../words/format.ts'
import { AnswerForm, type Intent } from './answer-form.tsx'
import { EditForm } from './edit-form.tsx'
import { Precedents } from './precedents.tsx'
import { Progress } from './progress.tsx'
import { useKeys } from './use-keys.ts'

export interface HoldCardProps {
  readonly requestId: string
  /** As the list has it; absent where the link came from elsewhere. */
  readonly known: ApprovalItem | undefined
  readonly onAnswered: (item: ApprovalItem) => void
  readonly onNext: () => void
}

/** One held call with everything that a person should look at before answering, and the answer. */
export function HoldCard({ requestId, known, onAnswered, onNext }: HoldCardProps) {
  const client = useClient()
  const approval = useQuery(known ? null : `approval ${requestId}`, () => client.approvals.get(requestId), {
    staleOn: ({ event_type, request_id }) => event_type.startsWith('approval.') && request_id === requestId,
  })
  if (known) return <Card item={known} onAnswered={onAnswered} onNext={onNext} />
  return (
    <Loaded query={approval}>
      {(item) => (
        <Card
          item={item}
          onAnswered={(answered) => {
            onAnswered(answered)
            approval.reload()
          }}
          onNext={onNext}
        />
      )}
    </Loaded>
  )
}

interface CardProps {
  readonly item: ApprovalItem
  readonly onAnswered: (item: ApprovalItem) => void
  readonly onNext: () => void
}

function Card({ item, onAnswered, onNext }: CardProps) {
  const client = useClient()
  const [intent, setIntent] = useState<Intent | 'edit' | null>(null)
  const isPending = item.status === 'pending'
  const decision = useDecision(client, item)
  const send = useAction(async (resolution: Intent, comment: string) => {
    onAnswered(await client.approvals.resolve(item.request_id, { resolution, ...(comment ? { comment } : {}) }))
    announce(`${item.tool ?? item.action} ${resolution}.`)
    setIntent(null)
  })
  const edit = useAction(async (values: Readonly<Record<string, unknown>>, comment: string) => {
    const request = { resolution: 'approved', arguments: values, ...(comment ? { comment } : {}) } as const
    const answered = await client.approvals.resolve(item.request_id, request)
    announce(`${item.tool ?? item.action} edited.`)
    setIntent(null)
    onAnswered(await client.approvals.get(item.request_id))
    const next = answered.superseded_by ?? answered.request_id
    if (next !== item.request_id) goTo(href(['inbox', next]))
  })
  const begin = (next: Intent | 'edit'): void => {
    if (!isPending) return
    send.clear()
    edit.clear()
    setIntent(next)
  }
  useKeys({ a: () => begin('approved'), d: () => begin('denied'), e: () => begin('edit') })

  return (
    <article class="card" aria-label={`Held call ${item.tool ?? item.action}`}>
      <a class="back" href={href(['inbox'])}>
        ← All held calls
      </a>
      <header class="card-head">
        <h2>{item.tool ?? item.action}</h2>
        <Badge of={item.status} />
        <a href={href(['decisions', item.request_id])}>Whole story</a>
      </header>
      <p class="card-reason">{item.reason}</p>
      <Facts
        of={[
          [
            <Term is="risk">Risk</Term>,
            <Risk key="risk" risk={item.risk_score} interval={item.evidence?.risk_interval} />,
          ],
          [<Term is="stake">At stake</Term>, amount(item.evidence?.stake ?? item.value)],
          [
            <Term is="expires">{isPending ? 'Expires' : 'Expiry'}</Term>,
            isPending ? <Left until={item.expires_at} /> : 'answered',
          ],
          ['Actor', item.actor],
          ['Domain', item.domain ?? '–'],
          ['Target', item.target ?? '–'],
        ]}
      />
      <ArgumentsTable values={item.arguments ?? {}} provenance={item.provenance} />
      {isPending && <Votes item={item} />}
      {isPending ? (
        intent === null ? (
          <div class="answer-line">
            <button type="button" class="primary" onClick={() => begin('approved')}>
              Approve <kbd>a</kbd>
            </button>
            <button type="button" class="danger" onClick={() => begin('denied')}>
              Deny <kbd>d</kbd>
            </button>
            <button type="button" onClick={() => begin('edit')}>
              Edit <kbd>e</kbd>
            </button>
            <span class="quiet">
              Good for exactly this call, once: <Term is="digest">{item.arguments_digest.slice(0, 12)}…</Term>
            </span>
          </div>
        ) : intent === 'edit' ? (
          <EditForm
            item={item}
            isBusy={edit.isBusy}
            failure={edit.failure}
            onSend={(values, comment) => void edit.start(values, comment)}
            onCancel={() => setIntent(null)}
          />
        ) : (
          <AnswerForm
            intent={intent}
            what="this call"
            isBusy={send.isBusy}
            failure={send.failure}
            onSend={(comment) => void send.start(intent, comment)}
            onCancel={() => setIntent(null)}
          />
        )
      ) : (
        <Progress item={item} decision={decision.data} onNext={onNext} />
      )}
      {decision.failure && <FailureNote failure={decision.failure} />}
      {decision.data && (
        <>
          <h3>Largest reasons</h3>
          <Contributions of={responseOf(decision.data)?.decision_packet?.risk_factors ?? []} />
        </>
      )}
      <Precedents item={item} />
    </article>
  )
}

/** Who has approved already, where more than one person has to. */
function Votes({
  item: { approvals_needed: needed = 1, approvals_given: given = [], escalated_at },
}: {
  readonly item: ApprovalItem
}) {
  if (needed === 1 && !escalated_at) return null
  return (
    <p class="note">
      {needed > 1 &&
        `${given.length} of ${needed} people have approved${given.length > 0 ? `: ${given.map(({ by }) => by).join(', ')}` : ''}. `}
      {escalated_at && (
        <>
          Put before more people <Ago at={escalated_at} />, since nobody had answered.
        </>
      )}
    </p>
  )
}

/** How often what becomes of an answered call is looked for, and for how long: executions make no event of their own. */
const LOOK_EVERY_MS = 700
const LOOK_FOR_MS = 60_000

/** The decision behind a held call; after its answer, until it is known what became of it. */
function useDecision(client: BighubClient, item: ApprovalItem) {
  const { request_id, status } = item
  const query = useQuery(`decision ${request_id} ${status}`, (signal) => client.decisions.get(request_id, { signal }), {
    staleOn: (event) => event.request_id === request_id,
  })
  const { data, reload } = query
  const isOpen = status === 'approved' && !isSettled(data)
  useEffect(() => {
    if (!isOpen) return
    const timer = window.setInterval(reload, LOOK_EVERY_MS)
    const end = window.setTimeout(() => window.clearInterval(timer), LOOK_FOR_MS)
    return () => {
      window.clearInterval(timer)
      window.clearTimeout(end)
    }
  }, [isOpen, reload])
  return query
}

function isSettled(decision: Decision | undefined): boolean {
  if (!decision) return false
  const isOver = decision.effect !== null && decision.effect.state !== 'claimed'
  return isOver && (decision.outcomes.length > 0 || decision.effect?.state === 'unknown')
}
