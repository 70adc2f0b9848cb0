import { useEffect, useState } from 'preact/hooks'
import { duration, moment } from '../words/format.ts'

/** How often times that count are written anew. */
const TICK_MS = 1000

let listeners = new Set<(now: number) => void>()
let timer: number | undefined

/** The present, shared by everything on the page that counts. */
export function useNow(): number {
  const [now, setNow] = useState(Date.now())
  useEffect(() => {
    listeners.add(setNow)
    timer ??= window.setInterval(() => {
      const present = Date.now()
      for (const listener of listeners) listener(present)
    }, TICK_MS)
    return () => {
      listeners.delete(setNow)
      if (listeners.size > 0) return
      window.clearInterval(timer)
      timer = undefined
      listeners = new Set()
    }
  }, [])
  return now
}

/** `3 min ago`, with the full time on hover. */
export function Ago({ at }: { readonly at: string | null | undefined }) {
  if (!at) return <>–</>
  return <AgoSince at={at} />
}

function AgoSince({ at }: { readonly at: string }) {
  const seconds = (useNow() - Date.parse(at)) / 1000
  return (
    <time dateTime={at} title={moment(at)}>
      {seconds < 1 ? 'now' : `${duration(seconds)} ago`}
    </time>
  )
}

/** `23 h left`. */
export function Left({ until }: { readonly until: string }) {
  const seconds = (Date.parse(until) - useNow()) / 1000
  return (
    <time dateTime={until} title={moment(until)} class={seconds < 300 ? 'urgent' : undefined}>
      {seconds <= 0 ? 'over' : `${duration(seconds)} left`}
    </time>
  )
}
