import { percent } from '../words/format.ts'
import { Term } from './term.tsx'

export interface RiskProps {
  readonly risk: number
  readonly interval?: readonly [number, number] | undefined
  /** In lists there is no room for words. @defaultValue false */
  readonly isCompact?: boolean
}

/** The estimated risk on a scale of 0 to 100 %, with its interval. */
export function Risk({ risk, interval, isCompact = false }: RiskProps) {
  const band = interval ? ` (${percent(interval[0])} to ${percent(interval[1])})` : ''
  return (
    <span class={isCompact ? 'risk risk-compact' : 'risk'}>
      <span class="risk-value">{percent(risk)}</span>
      <svg
        class="risk-scale"
        viewBox="0 0 100 8"
        preserveAspectRatio="none"
        role="img"
        aria-label={`Risk ${percent(risk)}${band}`}
      >
        <rect class="risk-track" x="0" y="3" width="100" height="2" />
        {interval && (
          <rect
            class="risk-band"
            x={interval[0] * 100}
            y="1"
            width={Math.max(1, (interval[1] - interval[0]) * 100)}
            height="6"
          />
        )}
        <rect
          class={`risk-mark risk-${bandOf(risk)}`}
          x={Math.min(98, Math.max(0, risk * 100 - 1))}
          y="0"
          width="2"
          height="8"
        />
      </svg>
      {!isCompact && interval && (
        <span class="risk-words">
          <Term is="riskInterval">
            {percent(interval[0])} to {percent(interval[1])}
          </Term>
        </span>
      )}
    </span>
  )
}

/** The protocol's bands. */
function bandOf(risk: number): 'low' | 'medium' | 'high' | 'critical' {
  if (risk < 0.25) return 'low'
  if (risk < 0.5) return 'medium'
  return risk < 0.75 ? 'high' : 'critical'
}
