import type { Reliability } from '@bighub/core'
import { count, percent } from '../words/format.ts'

const SIZE = 300
const PLOT = { left: 58, top: 10, side: SIZE - 58 - 12 } as const
const HEIGHT = PLOT.top + PLOT.side + 40

/** Predicted risk against observed rate, with the interval of each bin; on the diagonal the prediction is right. */
export function ReliabilityChart({ bins }: { readonly bins: Reliability['bins'] }) {
  const highest = Math.max(0.1, ...bins.map(({ mean_predicted, interval }) => Math.max(mean_predicted, interval[1])))
  const top = [0.1, 0.2, 0.5].find((each) => highest <= each) ?? 1
  const x = (value: number): number => PLOT.left + (value / top) * PLOT.side
  const y = (value: number): number => PLOT.top + (1 - value / top) * PLOT.side
  const ticks = [0, top / 2, top]
  return (
    <figure class="chart chart-square">
      <svg
        viewBox={`0 0 ${SIZE} ${HEIGHT}`}
        role="img"
        aria-label="Reliability: predicted risk across, observed bad rate up"
      >
        {ticks.map((tick) => (
          <g key={tick}>
            <line class="grid" x1={x(0)} x2={x(top)} y1={y(tick)} y2={y(tick)} />
            <line class="grid" x1={x(tick)} x2={x(tick)} y1={y(0)} y2={y(top)} />
            <text class="axis" x={PLOT.left - 6} y={y(tick) + 4} text-anchor="end">
              {percent(tick)}
            </text>
            <text class="axis" x={x(tick)} y={y(0) + 16} text-anchor={tick === top ? 'end' : 'middle'}>
              {percent(tick)}
            </text>
          </g>
        ))}
        <text class="axis" x={x(top / 2)} y={y(0) + 32} text-anchor="middle">
          predicted risk
        </text>
        <text class="axis" transform={`translate(12 ${y(top / 2)}) rotate(-90)`} text-anchor="middle">
          observed bad rate
        </text>
        <line class="diagonal" x1={x(0)} y1={y(0)} x2={x(top)} y2={y(top)} />
        {bins.map(({ mean_predicted, observed_rate, interval, count: n }) => (
          <g key={`${mean_predicted} ${n}`}>
            <line
              class="whisker"
              x1={x(mean_predicted)}
              x2={x(mean_predicted)}
              y1={y(interval[0])}
              y2={y(interval[1])}
            />
            <circle class="dot dot-accent" cx={x(mean_predicted)} cy={y(observed_rate)} r="4">
              <title>
                {`${count(n)} outcomes: predicted ${percent(mean_predicted)}, observed ${percent(observed_rate)} (${percent(interval[0])} to ${percent(interval[1])})`}
              </title>
            </circle>
          </g>
        ))}
      </svg>
      <div class="hidden">
        <table>
          <caption>Reliability</caption>
          <thead>
            <tr>
              <th scope="col">Predicted</th>
              <th scope="col">Observed</th>
              <th scope="col">Interval</th>
              <th scope="col">Outcomes</th>
            </tr>
          </thead>
          <tbody>
            {bins.map(({ mean_predicted, observed_rate, interval, count: n }) => (
              <tr key={`${mean_predicted} ${n}`}>
                <td>{percent(mean_predicted)}</td>
                <td>{percent(observed_rate)}</td>
                <td>
                  {percent(interval[0])} to {percent(interval[1])}
                </td>
                <td>{count(n)}</td>
              </tr>
            ))}
          </tbody>
        </table>
      </div>
    </figure>
  )
}
