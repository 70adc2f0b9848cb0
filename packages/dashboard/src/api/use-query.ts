import type { EventItem } from '@bighub/core'
import { useCallback, useEffect, useRef, useState } from 'preact/hooks'
import { useApi } from './api-context.ts'
import { describeFailure, type Failure } from './failure.ts'

/** Something that was read from the server. While it is read again, what there was stays. */
export interface Query<T> {
  readonly data: T | undefined
  readonly failure: Failure | undefined
  readonly isLoading: boolean
  reload(): void
}

export interface QueryOptions {
  /** Which events make it out of date. @defaultValue none */
  readonly staleOn?: (event: EventItem) => boolean
}

/** Many events in a row are one reading. */
const SETTLE_MS = 400

/**
 * Reads something now, again when `key` changes, and again soon after an event that makes it out of date.
 *
 * @param key - Names what is read; null reads nothing.
 */
export function useQuery<T>(
  key: string | null,
  load: (signal: AbortSignal) => Promise<T>,
  { staleOn }: QueryOptions = {},
): Query<T> {
  const { live } = useApi()
  const [state, setState] = useState<{ key: string | null; data?: T; failure?: Failure; isLoading: boolean }>({
    key,
    isLoading: key !== null,
  })
  const [turn, setTurn] = useState(0)
  const latest = useRef({ load, staleOn })
  latest.current = { load, staleOn }

  useEffect(() => {
    if (key === null) return
    const ending = new AbortController()
    const settle = (change: { data?: T; failure?: Failure }): void => {
      if (!ending.signal.aborted) setState({ key, isLoading: false, ...change })
    }
    setState((before) => (before.key === key ? { ...before, isLoading: true } : { key, isLoading: true }))
    latest.current.load(ending.signal).then(
      (data) => settle({ data }),
      (error: unknown) => settle({ failure: describeFailure(error) }),
    )
    return () => ending.abort()
  }, [key, turn])

  const reload = useCallback(() => setTurn((before) => before + 1), [])

  useEffect(() => {
    let timer: number | undefined
    const stop = live.listen((event) => {
      if (timer !== undefined || !latest.current.staleOn?.(event)) return
      timer = window.setTimeout(() => {
        timer = undefined
        reload()
      }, SETTLE_MS)
    })
    return () => {
      stop()
      window.clearTimeout(timer)
    }
  }, [live, reload])

  const isOwn = state.key === key
  return {
    data: isOwn ? state.data : undefined,
    failure: isOwn ? state.failure : undefined,
    isLoading: isOwn ? state.isLoading : key !== null,
    reload,
  }
}
