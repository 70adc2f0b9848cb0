import type { ApprovalItem } from '@bighub/core'
import { memo } from 'preact/compat'
import { useEffect, useRef } from 'preact/hooks'
import { Badge } from '../ui/badge.tsx'
import { Risk } from '../ui/risk.tsx'
import { Left } from '../ui/time.tsx'
import { amount } from '../words/format.ts'
import { isLike } from './is-like.ts'

export interface HoldListProps {
  readonly holds: readonly ApprovalItem[]
  readonly chosenId: string | null
  readonly batch: ReadonlySet<string>
  /** The first of the batch; only calls like it can join. */
  readonly leader: ApprovalItem | undefined
  readonly onOpen: (id: string) => void
  readonly onToggle: (id: string) => void
}

/** Rows draw themselves only when they change and are laid out only when they are in sight: a thousand are as quick as ten. */
export function HoldList({ holds, chosenId, batch, leader, onOpen, onToggle }: HoldListProps) {
  if (holds.length === 0) return <p class="quiet inbox-hint">Nothing matches.</p>
  return (
    <ul class="holds" aria-label="Held calls">
      {holds.map((item) => (
        <HoldRow
          key={item.request_id}
          item={item}
          isChosen={item.request_id === chosenId}
          isInBatch={batch.has(item.request_id)}
          mayJoin={item.status === 'pending' && (!leader || isLike(leader, item))}
          onOpen={onOpen}
          onToggle={onToggle}
        />
      ))}
    </ul>
  )
}

interface HoldRowProps {
  readonly item: ApprovalItem
  readonly isChosen: boolean
  readonly isInBatch: boolean
  readonly mayJoin: boolean
  readonly onOpen: (id: string) => void
  readonly onToggle: (id: string) => void
}

const HoldRow = memo(function HoldRow({ item, isChosen, isInBatch, mayJoin, onOpen, onToggle }: HoldRowProps) {
  const row = useRef<HTMLLIElement>(null)
  useEffect(() => {
    if (isChosen) row.current?.scrollIntoView({ block: 'nearest' })
  }, [isChosen])
  const { request_id, action, tool, actor, target, value, risk_score, status, expires_at } = item
  const name = tool ?? action
  return (
    <li ref={row} class={isChosen ? 'hold hold-chosen' : 'hold'}>
      <input
        type="checkbox"
        aria-label={`Answer ${name} ${target ?? ''} together with others`}
        checked={isInBatch}
        disabled={!mayJoin}
        onChange={() => onToggle(request_id)}
      />
      <a
        href={`#/inbox/${encodeURIComponent(request_id)}`}
        aria-current={isChosen ? 'true' : undefined}
        onClick={(event) => {
          event.preventDefault()
          onOpen(request_id)
        }}
      >
        <span class="hold-line">
          <strong>{name}</strong>
          {value != null && <span class="number">{amount(value)}</span>}
        </span>
        <span class="hold-line quiet">
          <span class="cut">
            {target ?? '–'} · {actor}
          </span>
          {status === 'pending' ? <Left until={expires_at} /> : <Badge of={status} />}
        </span>
        <Risk risk={risk_score} interval={item.evidence?.risk_interval} isCompact />
      </a>
    </li>
  )
})
