import type { Contribution } from '@bighub/core'
import { signed } from '../words/format.ts'
import { Term } from './term.tsx'

/** The largest reasons for a risk, strongest first: bars to the right raise it, to the left lower it. */
export function Contributions({ of, most = 6 }: { readonly of: readonly Contribution[]; readonly most?: number }) {
  const shown = of.toSorted((a, b) => Math.abs(b.log_odds) - Math.abs(a.log_odds)).slice(0, most)
  if (shown.length === 0) return <p class="quiet">Nothing is known yet that speaks for or against it.</p>
  const largest = Math.max(0.5, ...shown.map(({ log_odds }) => Math.abs(log_odds)))
  return (
    <ul class="contributions" aria-label="Largest reasons">
      {shown.map(({ group, text, log_odds, count }, index) => {
        const share = (Math.abs(log_odds) / largest) * 50
        return (
          <li key={`${group}${index}`}>
            <span class="contribution-text">
              {text}
              {count !== undefined && count > 0 && (
                <span class="quiet"> · {count.toFixed(count < 10 ? 1 : 0)} outcomes</span>
              )}
            </span>
            <svg viewBox="0 0 100 8" preserveAspectRatio="none" aria-hidden="true">
              <rect class="risk-track" x="0" y="3.5" width="100" height="1" />
              <rect
                class={log_odds > 0 ? 'bar-bad' : 'bar-good'}
                x={log_odds > 0 ? 50 : 50 - share}
                y="0"
                width={share}
                height="8"
              />
            </svg>
            <span class="number">
              <Term is="contribution">{signed(log_odds)}</Term>
            </span>
          </li>
        )
      })}
    </ul>
  )
}
