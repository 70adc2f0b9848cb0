import { useEffect, useState } from 'preact/hooks'
import { type CallLog, toCurl } from '../api/call-log.ts'
import { CopyButton } from './copy-button.tsx'

/** The API calls that filled this page: whatever is shown here, a program can have too. */
export function CallsBehind({ log }: { readonly log: CallLog }) {
  const [calls, setCalls] = useState(log.calls)
  useEffect(() => {
    setCalls(log.calls)
    return log.listen(() => setCalls(log.calls))
  }, [log])
  if (calls.length === 0) return null
  const [first] = calls
  return (
    <details class="calls">
      <summary>
        API behind this page: <code>{`${first?.verb} ${first?.path.split('?')[0]}`}</code>
        {calls.length > 1 && ` and ${calls.length - 1} more`}
      </summary>
      <ul>
        {calls.map((call) => (
          <li key={`${call.verb} ${call.path}`}>
            <code>
              {call.verb} {call.path}
            </code>
            <span class="quiet">
              {call.status ?? 'no answer'}
              {call.milliseconds !== null && ` · ${call.milliseconds.toFixed(0)} ms`}
            </span>
            <CopyButton text={toCurl(call, location.origin)} label="Copy as curl" />
          </li>
        ))}
      </ul>
      <p>
        Every endpoint is described at <a href="/docs">/docs</a> and in <a href="/openapi.json">openapi.json</a>.
      </p>
    </details>
  )
}
