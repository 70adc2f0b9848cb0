import { useEffect, useState } from 'preact/hooks'

type Listener = (text: string) => void
const listeners = new Set<Listener>()

/** Says something to screen readers, and for a moment to everybody. */
export function announce(text: string): void {
  for (const listener of listeners) listener(text)
}

/** How long it stays on screen. */
const SHOWN_MS = 5000

export function Announcer() {
  const [text, setText] = useState('')
  useEffect(() => {
    let timer: number | undefined
    const listener: Listener = (next) => {
      setText(next)
      window.clearTimeout(timer)
      timer = window.setTimeout(() => setText(''), SHOWN_MS)
    }
    listeners.add(listener)
    return () => {
      listeners.delete(listener)
      window.clearTimeout(timer)
    }
  }, [])
  return (
    <div class={text ? 'announcement' : 'announcement announcement-empty'} role="status" aria-live="polite">
      {text}
    </div>
  )
}
