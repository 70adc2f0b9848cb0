import type { ApprovalItem, BighubClient } from '@bighub/core'
import { useCallback, useEffect, useState } from 'preact/hooks'
import type { Failure } from '../api/failure.ts'
import { describeFailure } from '../api/failure.ts'
import type { LiveEvents } from '../api/live-events.ts'

/** Most holds of one reading: the largest page there is. */
const MOST = 1000
/** New holds in quick succession are read together. */
const SETTLE_MS = 150
/** With more changes at once, the whole list is read again. */
const MOST_SINGLE = 20

export interface Holds {
  /** Oldest first: who has waited longest comes first. Those answered since the page was opened stay, with their answer. */
  readonly holds: readonly ApprovalItem[]
  readonly failure: Failure | undefined
  readonly isLoading: boolean
  reload(): void
  /** Puts a newer state of one in its place. */
  put(item: ApprovalItem): void
}

/** Held calls, as they come and go. After the first reading only what an event names is read. */
export function useHolds(client: BighubClient, live: LiveEvents): Holds {
  const [items, setItems] = useState<ReadonlyMap<string, ApprovalItem>>(new Map())
  const [failure, setFailure] = useState<Failure>()
  const [isLoading, setLoading] = useState(true)

  const put = useCallback(
    (item: ApprovalItem): void =>
      setItems((before) => {
        // What was over before the page was opened does not come in.
        if (item.status !== 'pending' && !before.has(item.request_id)) return before
        return new Map(before).set(item.request_id, item)
      }),
    [],
  )
  const reload = useCallback((): void => {
    client.approvals
      .list({ status: 'pending', limit: MOST })
      .then((pending) => {
        setFailure(undefined)
        setItems((before) => {
          const now = new Set(pending.map(({ request_id }) => request_id))
          const answered = [...before.values()].filter(
            ({ status, request_id }) => status !== 'pending' && !now.has(request_id),
          )
          return new Map([...answered, ...pending].map((item) => [item.request_id, item]))
        })
      })
      .catch((error: unknown) => setFailure(describeFailure(error)))
      .finally(() => setLoading(false))
  }, [client])

  useEffect(() => {
    reload()
    const changed = new Set<string>()
    let timer: number | undefined
    const read = (): void => {
      timer = undefined
      const ids = [...changed]
      changed.clear()
      if (ids.length > MOST_SINGLE) reload()
      else for (const id of ids) client.approvals.get(id).then(put, () => undefined)
    }
    const stop = live.listen(({ event_type, request_id }) => {
      if (!event_type.startsWith('approval.') || !request_id) return
      changed.add(request_id)
      timer ??= window.setTimeout(read, SETTLE_MS)
    })
    return () => {
      stop()
      window.clearTimeout(timer)
    }
  }, [client, live, reload, put])

  const holds = [...items.values()].toSorted((a, b) => (a.created_at < b.created_at ? -1 : 1))
  return { holds, failure, isLoading, reload, put }
}
