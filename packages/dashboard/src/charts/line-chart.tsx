import { percent } from '../words/format.ts'
import { ChartFrame, HEIGHT } from './chart-frame.tsx'

export interface Line {
  readonly name: string
  readonly tone: 'accent' | 'bad' | 'good' | 'quiet'
  /** Shares in [0, 1]; null: nothing is known there. */
  readonly values: readonly (number | null)[]
}

export interface LineChartProps {
  readonly label: string
  readonly xLabels: readonly string[]
  readonly lines: readonly Line[]
}

/** With more points the line alone is clearer. */
const MANY = 60

/** Shares over steps or days. The same figures stand in a table for who cannot see lines. */
export function LineChart({ label, xLabels, lines }: LineChartProps) {
  const top = niceTop(Math.max(0.05, ...lines.flatMap(({ values }) => values.map((value) => value ?? 0))))
  const last = xLabels.length - 1
  const shown = [...new Set(xLabels.length < 2 ? [0] : [0, Math.floor(last / 2), last])]
  return (
    <figure class="chart">
      <ChartFrame label={label} ticks={[0, 0.5, 1].map((share) => ({ share, text: percent(share * top) }))}>
        {(plot) => {
          const x = (index: number): number => plot.left + (last < 1 ? 0.5 : index / last) * plot.width
          const y = (value: number): number => plot.top + (1 - value / top) * plot.height
          return (
            <>
              {shown.map((index) => (
                <text key={index} class="axis" x={x(index)} y={HEIGHT - 8} text-anchor={anchorOf(index, last)}>
                  {xLabels[index]}
                </text>
              ))}
              {lines.map(({ name, tone, values }) => (
                <g key={name}>
                  <path class={`line line-${tone}`} d={pathOf(values, x, y)} />
                  {values.map(
                    (value, index) =>
                      value !== null && (
                        <circle
                          key={index}
                          class={`dot dot-${tone}`}
                          cx={x(index)}
                          cy={y(value)}
                          r={values.length > MANY ? 0 : 3}
                        >
                          <title>{`${xLabels[index]}: ${name} ${percent(value)}`}</title>
                        </circle>
                      ),
                  )}
                </g>
              ))}
            </>
          )
        }}
      </ChartFrame>
      <figcaption class="legend">
        {lines.map(({ name, tone }) => (
          <span key={name} class={`key key-${tone}`}>
            {name}
          </span>
        ))}
      </figcaption>
      <div class="hidden">
        <table>
          <caption>{label}</caption>
          <thead>
            <tr>
              <th />
              {lines.map(({ name }) => (
                <th key={name} scope="col">
                  {name}
                </th>
              ))}
            </tr>
          </thead>
          <tbody>
            {xLabels.map((name, index) => (
              <tr key={index}>
                <th scope="row">{name}</th>
                {lines.map((line) => (
                  <td key={line.name}>{percent(line.values[index])}</td>
                ))}
              </tr>
            ))}
          </tbody>
        </table>
      </div>
    </figure>
  )
}

function anchorOf(index: number, last: number): 'start' | 'middle' | 'end' {
  if (last < 1) return 'middle'
  if (index === 0) return 'start'
  return index === last ? 'end' : 'middle'
}

/** Gaps stay gaps. */
function pathOf(
  values: readonly (number | null)[],
  x: (index: number) => number,
  y: (value: number) => number,
): string {
  let path = ''
  let isDown = false
  for (const [index, value] of values.entries()) {
    if (value !== null) path += `${isDown ? 'L' : 'M'}${x(index).toFixed(1)} ${y(value).toFixed(1)}`
    isDown = value !== null
  }
  return path
}

/** A round number at or above: 10 %, 20 %, 50 %, 100 %. */
function niceTop(value: number): number {
  return [0.05, 0.1, 0.2, 0.5].find((top) => value <= top) ?? 1
}
