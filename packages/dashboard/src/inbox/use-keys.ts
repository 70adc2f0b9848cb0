import { useEffect, useRef } from 'preact/hooks'

export type KeyMap = Readonly<Record<string, () => unknown>>

/** Single keys that do something while nothing is being typed and no dialog is open. */
export function useKeys(keys: KeyMap): void {
  const latest = useRef(keys)
  latest.current = keys
  useEffect(() => {
    const onKey = (event: KeyboardEvent): void => {
      if (event.ctrlKey || event.metaKey || event.altKey || event.defaultPrevented) return
      if (isTyping(event) || document.querySelector('dialog[open]')) return
      const work = Object.hasOwn(latest.current, event.key) ? latest.current[event.key] : undefined
      if (!work) return
      event.preventDefault()
      work()
    }
    addEventListener('keydown', onKey)
    return () => removeEventListener('keydown', onKey)
  }, [])
}

function isTyping({ target, key }: KeyboardEvent): boolean {
  if (!(target instanceof HTMLElement)) return false
  if (target.matches('textarea, select, input:not([type=checkbox])')) return true
  // Buttons and links keep their own keys.
  return (key === 'ArrowDown' || key === 'ArrowUp') && target.matches('summary')
}
