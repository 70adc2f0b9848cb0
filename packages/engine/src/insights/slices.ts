import type { LocalClock } from '../constraints/local-clock.ts'
import type { Likeness } from '../precedents/likeness.ts'
import { riskBand } from '../risk/risk-band.ts'
import type { DecisionRow } from '../storage/tables.ts'

/** What decisions are cut by. */
export const DIMENSIONS = [
  'action',
  'tool',
  'domain',
  'actor',
  'value_band',
  'provenance',
  'hour',
  'risk_band',
] as const
export type Dimension = (typeof DIMENSIONS)[number]
export type Facet = Readonly<Partial<Record<Dimension, string>>>

/** Columns that a decision's facets are read off. */
export const FACET_COLUMNS = ['action', 'tool', 'domain', 'actor', 'value', 'risk', 'at', 'likeness'] as const

/** Most slices counted; those that come later are not. */
const MAX_SLICES = 50_000

/** Labelled decisions that have one or two facets in common. */
export interface Slice {
  readonly facets: Facet
  n: number
  bad: number
  firstAt: number
  lastAt: number
}

/** A decision's value in each dimension; dimensions that nothing is known of are absent. */
export function facetsOf(row: Pick<DecisionRow, (typeof FACET_COLUMNS)[number]>, clock: LocalClock): Facet {
  const { provenance } = JSON.parse(row.likeness) as Likeness
  const band = valueBandOf(row.value)
  return {
    action: row.action,
    ...(row.tool === null ? {} : { tool: row.tool }),
    ...(row.domain === null ? {} : { domain: row.domain }),
    ...(row.actor === null ? {} : { actor: row.actor }),
    ...(band === null ? {} : { value_band: band }),
    ...(provenance === null ? {} : { provenance }),
    hour: hourOf(row.at, clock),
    risk_band: riskBand(row.risk),
  }
}

/** The hour of the organisation's day, `09`. */
export function hourOf(at: number, clock: LocalClock): string {
  return String(clock.at(at).hour).padStart(2, '0')
}

/** Values by powers of ten of their size: `0–1`, `1–10`, `10–100` … */
export function valueBandOf(value: number | null): string | null {
  if (value === null) return null
  const size = Math.abs(value)
  if (size < 1) return '0–1'
  const power = Math.floor(Math.log10(size) + 1e-12)
  return `${10 ** power}–${10 ** (power + 1)}`
}

/** Name of a slice, the same whatever order its facets are written in. */
export function sliceKey(facets: Facet): string {
  let key = ''
  for (const dimension of DIMENSIONS) {
    const value = facets[dimension]
    if (value !== undefined) key += facetKey(dimension, value)
  }
  return key
}

/** With its length, so that no value can pass for two facets. */
function facetKey(dimension: Dimension, value: string): string {
  return `${dimension}=${value.length}:${value};`
}

/** Counts of all slices by one or two facets, in bounded memory. */
export class SliceCounts {
  readonly slices = new Map<string, Slice>()
  readonly all: Slice = { facets: {}, n: 0, bad: 0, firstAt: 0, lastAt: 0 }

  add(facets: Facet, label: 0 | 1, at: number): void {
    count(this.all, label, at)
    const known = DIMENSIONS.flatMap((dimension) => {
      const value = facets[dimension]
      return value === undefined ? [] : [{ facet: { [dimension]: value }, key: facetKey(dimension, value) }]
    })
    for (const [index, first] of known.entries()) {
      this.#count(first.key, label, at, first.facet)
      for (const second of known.slice(index + 1))
        this.#count(first.key + second.key, label, at, first.facet, second.facet)
    }
  }

  get(facets: Facet): Slice | undefined {
    return Object.keys(facets).length === 0 ? this.all : this.slices.get(sliceKey(facets))
  }

  #count(key: string, label: 0 | 1, at: number, ...facets: readonly Facet[]): void {
    let slice = this.slices.get(key)
    if (!slice) {
      if (this.slices.size >= MAX_SLICES) return
      slice = { facets: Object.assign({}, ...facets) as Facet, n: 0, bad: 0, firstAt: at, lastAt: at }
      this.slices.set(key, slice)
    }
    count(slice, label, at)
  }
}

function count(slice: Slice, label: 0 | 1, at: number): void {
  if (slice.n === 0) slice.firstAt = at
  slice.n++
  slice.bad += label
  slice.firstAt = Math.min(slice.firstAt, at)
  slice.lastAt = Math.max(slice.lastAt, at)
}
