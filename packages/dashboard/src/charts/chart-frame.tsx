import type { ComponentChildren } from 'preact'
import { useLayoutEffect, useRef, useState } from 'preact/hooks'

/** Of every chart, in pixels. */
export const HEIGHT = 220
const MARGIN = { left: 46, top: 12, right: 12, bottom: 28 } as const

/** Where the lines of a chart are drawn, in pixels. */
export interface Plot {
  readonly left: number
  readonly top: number
  readonly width: number
  readonly height: number
}

export interface ChartFrameProps {
  readonly label: string
  /** Lines across, each at a share of the height from the bottom. */
  readonly ticks: readonly { readonly share: number; readonly text: string }[]
  readonly children: (plot: Plot) => ComponentChildren
}

/** Axes and grid of a chart, as wide as its place: drawn in real pixels, so that words have the same size everywhere. */
export function ChartFrame({ label, ticks, children }: ChartFrameProps) {
  const frame = useRef<HTMLDivElement>(null)
  const [width, setWidth] = useState(640)
  useLayoutEffect(() => {
    if (!frame.current) return
    const observer = new ResizeObserver(
      ([entry]) => entry && setWidth(Math.max(200, Math.floor(entry.contentRect.width))),
    )
    observer.observe(frame.current)
    return () => observer.disconnect()
  }, [])
  const plot: Plot = {
    left: MARGIN.left,
    top: MARGIN.top,
    width: width - MARGIN.left - MARGIN.right,
    height: HEIGHT - MARGIN.top - MARGIN.bottom,
  }
  return (
    <div ref={frame} class="chart-frame">
      <svg width={width} height={HEIGHT} role="img" aria-label={label}>
        {ticks.map(({ share, text }) => {
          const y = plot.top + (1 - share) * plot.height
          return (
            <g key={text}>
              <line class="grid" x1={plot.left} x2={plot.left + plot.width} y1={y} y2={y} />
              <text class="axis" x={plot.left - 8} y={y + 4} text-anchor="end">
                {text}
              </text>
            </g>
          )
        })}
        {children(plot)}
      </svg>
    </div>
  )
}
