import { useCallback, useEffect, useMemo, useRef, useState } from 'preact/hooks'
import { useApi } from '../api/api-context.ts'
import { goTo, href, type Location } from '../routing/location.ts'
import { Empty, FailureNote, Page } from '../ui/page.tsx'
import { BatchAnswer } from './batch-answer.tsx'
import { HoldCard } from './hold-card.tsx'
import { HoldList } from './hold-list.tsx'
import { isLike } from './is-like.ts'
import { KeyboardHelp } from './keyboard-help.tsx'
import { useHolds } from './use-holds.ts'
import { useKeys } from './use-keys.ts'

/** Calls that wait for a person. The list on one side, the card of the chosen one on the other; on small screens one at a time. */
export function InboxPage({ location }: { readonly location: Location }) {
  const [, chosenId = null] = location.segments
  const { client, live } = useApi()
  const { holds, failure, isLoading, reload, put } = useHolds(client, live)
  const [batch, setBatch] = useState<ReadonlySet<string>>(new Set())
  const [isHelpOpen, setHelpOpen] = useState(false)
  const search = useRef<HTMLInputElement>(null)
  const [filter, setFilter] = useState('')

  const shown = useMemo(() => {
    const text = filter.trim().toLowerCase()
    if (text === '') return holds
    return holds.filter(({ action, tool, actor, target, domain }) =>
      [action, tool, actor, target, domain].some((field) => field?.toLowerCase().includes(text)),
    )
  }, [holds, filter])

  const open = useCallback((id: string | null): void => goTo(href(id === null ? ['inbox'] : ['inbox', id])), [])
  const move = useCallback(
    (step: number): void => {
      const index = shown.findIndex(({ request_id }) => request_id === chosenId)
      const next = shown[index < 0 ? 0 : Math.max(0, Math.min(shown.length - 1, index + step))]
      if (next) open(next.request_id)
    },
    [shown, chosenId, open],
  )
  const nextPending = useCallback((): void => {
    const next = shown.find(({ request_id, status }) => status === 'pending' && request_id !== chosenId)
    open(next?.request_id ?? null)
  }, [shown, chosenId, open])

  const chosen = holds.find(({ request_id }) => request_id === chosenId)
  const leader = holds.find(({ request_id }) => batch.has(request_id))
  const toggle = useCallback(
    (id: string): void => {
      const item = holds.find(({ request_id }) => request_id === id)
      if (item?.status !== 'pending' || (leader && !isLike(leader, item))) return
      setBatch((before) =>
        before.has(id) ? new Set([...before].filter((each) => each !== id)) : new Set([...before, id]),
      )
    },
    [holds, leader],
  )
  const selectLike = useCallback((): void => {
    const first = leader ?? chosen
    if (first?.status !== 'pending') return
    const like = shown.filter((item) => item.status === 'pending' && isLike(first, item))
    setBatch(new Set(like.map(({ request_id }) => request_id)))
  }, [leader, chosen, shown])

  useKeys({
    j: () => move(1),
    ArrowDown: () => move(1),
    k: () => move(-1),
    ArrowUp: () => move(-1),
    n: nextPending,
    x: () => chosenId !== null && toggle(chosenId),
    X: selectLike,
    '/': () => search.current?.focus(),
    '?': () => setHelpOpen(true),
    Escape: () => (batch.size > 0 ? setBatch(new Set()) : open(null)),
  })
  // What was answered elsewhere cannot be answered in the batch.
  useEffect(() => {
    const pending = new Set(holds.filter(({ status }) => status === 'pending').map(({ request_id }) => request_id))
    if ([...batch].some((id) => !pending.has(id))) setBatch(new Set([...batch].filter((id) => pending.has(id))))
  }, [holds, batch])

  const waiting = holds.filter(({ status }) => status === 'pending').length
  return (
    <Page
      title="Inbox"
      lead={
        isLoading
          ? 'Calls that wait for a person.'
          : waiting === 0
            ? 'No call waits for a person.'
            : `${waiting} ${waiting === 1 ? 'call waits' : 'calls wait'} for a person. Nothing runs until somebody answers.`
      }
      tools={
        <button type="button" class="small" onClick={() => setHelpOpen(true)}>
          Keyboard <kbd>?</kbd>
        </button>
      }
    >
      {failure && <FailureNote failure={failure} onRetry={reload} />}
      {!isLoading && !failure && holds.length === 0 && chosenId === null ? (
        <NothingHeld />
      ) : (
        <div class={chosenId === null ? 'inbox' : 'inbox inbox-open'}>
          <div class="inbox-list">
            <label class="search">
              <span class="hidden">Filter the list</span>
              <input
                ref={search}
                type="search"
                placeholder="Filter by tool, actor, target"
                value={filter}
                onInput={(event) => setFilter(event.currentTarget.value)}
                onKeyDown={(event) => event.key === 'Escape' && event.currentTarget.blur()}
              />
            </label>
            <HoldList holds={shown} chosenId={chosenId} batch={batch} leader={leader} onOpen={open} onToggle={toggle} />
          </div>
          <div class="inbox-card">
            {batch.size > 1 ? (
              <BatchAnswer
                items={holds.filter(({ request_id }) => batch.has(request_id))}
                onAnswered={put}
                onClose={() => setBatch(new Set())}
              />
            ) : chosenId !== null ? (
              <HoldCard key={chosenId} requestId={chosenId} known={chosen} onAnswered={put} onNext={nextPending} />
            ) : (
              <p class="quiet inbox-hint">
                Choose a call, or press <kbd>j</kbd>.
              </p>
            )}
          </div>
        </div>
      )}
      {isHelpOpen && <KeyboardHelp onClose={() => setHelpOpen(false)} />}
    </Page>
  )
}

function NothingHeld() {
  return (
    <Empty title="Nothing waits for you">
      Calls that a guard holds appear here by themselves. To see one, run <code>npx bighub demo</code>, or add a rule
      with “hold above” under <a href={href(['constraints'])}>Constraints</a>.
    </Empty>
  )
}
