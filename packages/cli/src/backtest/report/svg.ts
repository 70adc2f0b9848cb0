/** A plot's drawing area, in units that are CSS pixels on a narrow phone; wider screens scale it up. */
export const PLOT = { width: 340, height: 240, left: 42, right: 18, top: 26, bottom: 40 } as const

/** From a value to a coordinate. */
export type Scale = (value: number) => number

/** A linear scale along the horizontal axis. */
export function scaleX(least: number, most: number): Scale {
  const span = most - least || 1
  return (value) => PLOT.left + ((value - least) / span) * (PLOT.width - PLOT.left - PLOT.right)
}

/** A linear scale along the vertical axis, upwards. */
export function scaleY(least: number, most: number): Scale {
  const span = most - least || 1
  return (value) => PLOT.height - PLOT.bottom - ((value - least) / span) * (PLOT.height - PLOT.top - PLOT.bottom)
}

export interface Axis {
  readonly scale: Scale
  readonly title: string
  readonly ticks: readonly { readonly at: number; readonly text: string }[]
}

/** Round steps that divide 0 … most into about four. */
export function ticksUpTo(most: number): number[] {
  const rough = most / 4
  const unit = 10 ** Math.floor(Math.log10(rough))
  const step = [1, 2, 2.5, 5, 10].map((factor) => factor * unit).find((each) => each >= rough) ?? rough
  return Array.from({ length: Math.floor(most / step + 1e-9) + 1 }, (_, index) => index * step)
}

/** Grid, ticks and titles of both axes. */
export function drawAxes(x: Axis, y: Axis): string {
  const { width, height, left, right, bottom } = PLOT
  const horizontal = y.ticks.map(
    ({ at, text }) =>
      `<line class="grid" x1="${left}" x2="${width - right}" y1="${fixed(y.scale(at))}" y2="${fixed(y.scale(at))}"/>` +
      `<text x="${left - 6}" y="${fixed(y.scale(at) + 4)}" text-anchor="end">${escapeHtml(text)}</text>`,
  )
  const vertical = x.ticks.map(
    ({ at, text }) =>
      `<text x="${fixed(x.scale(at))}" y="${height - bottom + 15}" text-anchor="middle">${escapeHtml(text)}</text>`,
  )
  return [
    ...horizontal,
    ...vertical,
    `<line class="axis" x1="${left}" x2="${width - right}" y1="${height - bottom}" y2="${height - bottom}"/>`,
    `<text class="title" x="${(left + width - right) / 2}" y="${height - 6}" text-anchor="middle">${escapeHtml(x.title)}</text>`,
    // Above the axis rather than turned along it: it is read without tilting the head and never meets the ticks.
    `<text class="title" x="2" y="12">${escapeHtml(y.title)}</text>`,
  ].join('')
}

/** A line through points in order. */
export function drawLine(points: readonly (readonly [x: number, y: number])[], style: string): string {
  return `<polyline class="line ${style}" points="${points.map(([x, y]) => `${fixed(x)},${fixed(y)}`).join(' ')}"/>`
}

/** A plot with its text alternative: assistive technology reads title and description in place of the shapes. */
export function drawPlot(id: string, alternative: { title: string; description: string }, shapes: string): string {
  return (
    `<svg viewBox="0 0 ${PLOT.width} ${PLOT.height}" role="img" aria-labelledby="${id}-title ${id}-description">` +
    `<title id="${id}-title">${escapeHtml(alternative.title)}</title>` +
    `<desc id="${id}-description">${escapeHtml(alternative.description)}</desc>${shapes}</svg>`
  )
}

/** One decimal is finer than a pixel. */
export function fixed(value: number): string {
  return String(Math.round(value * 10) / 10)
}

export function escapeHtml(text: string): string {
  return text
    .replaceAll('&', '&amp;')
    .replaceAll('<', '&lt;')
    .replaceAll('>', '&gt;')
    .replaceAll('"', '&quot;')
    .replaceAll("'", '&#39;')
}
