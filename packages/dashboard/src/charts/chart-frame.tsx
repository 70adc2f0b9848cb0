import type { ComponentChildren } from 'preact'

/** Drawing units; the drawing scales with its place. */
export const WIDTH = 640
export const HEIGHT = 220
export const PLOT = { left: 46, top: 12, width: WIDTH - 46 - 12, height: HEIGHT - 12 - 28 } as const

export interface ChartFrameProps {
  readonly label: string
  readonly ticks: readonly { readonly at: number; readonly text: string }[]
  readonly children: ComponentChildren
}

/** Axes and grid of a chart. */
export function ChartFrame({ label, ticks, children }: ChartFrameProps) {
  return (
    <svg viewBox={`0 0 ${WIDTH} ${HEIGHT}`} role="img" aria-label={label}>
      {ticks.map(({ at, text }) => (
        <g key={text}>
          <line class="grid" x1={PLOT.left} x2={PLOT.left + PLOT.width} y1={at} y2={at} />
          <text class="axis" x={PLOT.left - 8} y={at + 4} text-anchor="end">
            {text}
          </text>
        </g>
      ))}
      {children}
    </svg>
  )
}
