import type { InsightSeverity, Pattern } from '@bighub/core/protocol'
import { sha256 } from '../storage/chain.ts'
import { adjustPValues } from './adjust-p-values.ts'
import { compareRates, type Rate } from './compare-rates.ts'
import { DIMENSIONS, type Dimension, type Facet, type Slice, type SliceCounts, sliceKey } from './slices.ts'

/** Outcomes below which a slice is not looked at. */
const MIN_SUPPORT = 20
/** Least difference of rates that is worth saying. */
const MIN_EFFECT = 0.05
/** Expected share of findings that are none. */
const FALSE_DISCOVERY_RATE = 0.05

/** A pattern with what it was found by. */
export interface FoundPattern extends Pattern {
  readonly facets: Facet
  /** Rate of bad outcomes in the nearest parent outside the slice. */
  readonly parent_rate: number
  /** `negative_rate` minus `parent_rate`. */
  readonly effect: number
  readonly direction: 'riskier' | 'safer'
  /** P-value after Benjamini–Hochberg. */
  readonly adjusted_p: number
}

interface Tested {
  readonly slice: Slice
  readonly p: number
  readonly parentRate: number
}

/**
 * Slices whose rate of bad outcomes differs from that of the rest of their parent (engine.md §5). The parent of a slice by one
 * facet is everything; one by two facets has two parents and must differ from both, so its p-value is the larger of the two.
 * Tested are slices with at least 20 outcomes; kept those that differ by at least 0.05 with an expected share of false
 * findings of 5 % (Benjamini–Hochberg). The worst first; the same counts give the same patterns.
 *
 * Bands of risk are counted but not tested: that higher scores end worse is what scores are for.
 */
export function findPatterns(counts: SliceCounts): FoundPattern[] {
  const tested = [...counts.slices.values()].flatMap((slice) => testSlice(slice, counts) ?? [])
  const adjusted = adjustPValues(tested.map(({ p }) => p))
  return tested
    .map((each, index) => toPattern(each, adjusted[index] ?? 1))
    .filter((each) => each.adjusted_p <= FALSE_DISCOVERY_RATE && Math.abs(each.effect) >= MIN_EFFECT)
    .toSorted((a, b) => b.effect - a.effect || b.support - a.support || (a.pattern_id < b.pattern_id ? -1 : 1))
}

function testSlice(slice: Slice, counts: SliceCounts): Tested | null {
  if (slice.n < MIN_SUPPORT || slice.facets.risk_band !== undefined) return null
  const rate = slice.bad / slice.n
  const rests = parentsOf(slice.facets).flatMap((facets) => restOf(counts.get(facets), slice) ?? [])
  // A slice that is its parent has nothing to be compared with.
  if (rests.length < parentsOf(slice.facets).length) return null
  const rates = rests.map((rest) => rest.bad / rest.n).toSorted((a, b) => Math.abs(rate - a) - Math.abs(rate - b))
  const [nearest = rate, furthest = nearest] = rates
  // Riskier than one parent and safer than the other is no finding about the slice.
  if (Math.sign(rate - nearest) !== Math.sign(rate - furthest)) return null
  return { slice, p: Math.max(...rests.map((rest) => compareRates(slice, rest))), parentRate: nearest }
}

/** What a parent holds besides the slice; null if nothing, or if the parent was not counted. */
function restOf(parent: Slice | undefined, slice: Slice): Rate | null {
  return parent && parent.n > slice.n ? { bad: parent.bad - slice.bad, n: parent.n - slice.n } : null
}

function parentsOf(facets: Facet): Facet[] {
  const dimensions = dimensionsOf(facets)
  return dimensions.length < 2 ? [{}] : dimensions.map((dimension) => ({ [dimension]: facets[dimension] }))
}

function toPattern({ slice, parentRate }: Tested, adjusted: number): FoundPattern {
  const { facets, n, bad, firstAt, lastAt } = slice
  const rate = bad / n
  const effect = rate - parentRate
  return {
    pattern_id: `pat_${sha256(sliceKey(facets)).slice(0, 16)}`,
    pattern_type: dimensionsOf(facets).join('+'),
    severity: severityOf(effect),
    domain: facets.domain ?? null,
    tool: facets.tool ?? null,
    action: facets.action ?? null,
    description: `${bad} of ${n} outcomes of ${describe(facets)} were bad (${percent(rate)}), against ${percent(parentRate)} otherwise`,
    support: n,
    negative_rate: rate,
    confidence: 1 - adjusted,
    first_seen: new Date(firstAt).toISOString(),
    last_seen: new Date(lastAt).toISOString(),
    facets,
    parent_rate: parentRate,
    effect,
    direction: effect > 0 ? 'riskier' : 'safer',
    adjusted_p: adjusted,
  }
}

/** By how much more often things go wrong: below 0.1 (and for safer slices) `low`, 0.25 `medium`, 0.5 `high`, from there `critical`. */
export function severityOf(effect: number): InsightSeverity {
  if (effect < 0.1) return 'low'
  if (effect < 0.25) return 'medium'
  return effect < 0.5 ? 'high' : 'critical'
}

const WORDS: Readonly<Record<Dimension, (value: string) => string>> = {
  action: (value) => `action ${value}`,
  tool: (value) => `tool ${value}`,
  domain: (value) => `domain ${value}`,
  actor: (value) => `actor ${value}`,
  value_band: (value) => `values of ${value}`,
  provenance: (value) => `arguments from ${value}`,
  hour: (value) => `hour ${value}`,
  risk_band: (value) => `risk ${value}`,
}

/** The facets in words: `action refund with actor night-agent`. */
export function describe(facets: Facet): string {
  return dimensionsOf(facets)
    .map((dimension) => WORDS[dimension](facets[dimension] ?? ''))
    .join(' with ')
}

export function dimensionsOf(facets: Facet): Dimension[] {
  return DIMENSIONS.filter((dimension) => facets[dimension] !== undefined)
}

function percent(share: number): string {
  return `${Math.round(share * 100)} %`
}
