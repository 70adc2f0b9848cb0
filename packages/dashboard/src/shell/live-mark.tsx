import { useEffect, useState } from 'preact/hooks'
import { useApi } from '../api/api-context.ts'
import type { LiveState } from '../api/live-events.ts'

const WORDS: Readonly<Record<LiveState, string>> = {
  connecting: 'Connecting …',
  live: 'Live',
  refused: 'Not live: reload to update',
  closed: 'Not live: reload to update',
}

/** Whether pages follow what happens. */
export function LiveMark() {
  const { live } = useApi()
  const [state, setState] = useState(live.state)
  useEffect(() => {
    setState(live.state)
    return live.listenToState(() => setState(live.state))
  }, [live])
  return (
    <span class={`live live-${state}`} role="status">
      {WORDS[state]}
    </span>
  )
}
