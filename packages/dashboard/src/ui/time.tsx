import { useEffect, useRef, useState } from 'preact/hooks'
import { duration, moment } from '../words/format.ts'

/** How often times that count are looked at. */
const TICK_MS = 1000

const listeners = new Set<(now: number) => void>()
let timer: number | undefined

/** A text that depends on the time. It is drawn again only when it changes: a thousand rows that say hours cost nothing a second. */
function useTimeText(write: (now: number) => string): string {
  const latest = useRef(write)
  latest.current = write
  const [text, setText] = useState(() => write(Date.now()))
  useEffect(() => {
    const listener = (now: number): void => setText(latest.current(now))
    listeners.add(listener)
    timer ??= window.setInterval(() => {
      const now = Date.now()
      for (const each of listeners) each(now)
    }, TICK_MS)
    return () => {
      listeners.delete(listener)
      if (listeners.size > 0) return
      window.clearInterval(timer)
      timer = undefined
    }
  }, [])
  return text
}

/** `3 min ago`, with the full time on hover. */
export function Ago({ at }: { readonly at: string | null | undefined }) {
  return at ? <AgoSince key={at} at={at} /> : <>–</>
}

function AgoSince({ at }: { readonly at: string }) {
  const text = useTimeText((now) => {
    const seconds = (now - Date.parse(at)) / 1000
    return seconds < 1 ? 'now' : `${duration(seconds)} ago`
  })
  return (
    <time dateTime={at} title={moment(at)}>
      {text}
    </time>
  )
}

/** Below it the time is shown as pressing, in seconds. */
const URGENT_S = 300

/** `23 h left`. */
export function Left({ until }: { readonly until: string }) {
  const secondsAt = (now: number): number => (Date.parse(until) - now) / 1000
  const text = useTimeText((now) => (secondsAt(now) <= 0 ? 'over' : `${duration(secondsAt(now))} left`))
  return (
    <time dateTime={until} title={moment(until)} class={secondsAt(Date.now()) < URGENT_S ? 'urgent' : undefined}>
      {text}
    </time>
  )
}
