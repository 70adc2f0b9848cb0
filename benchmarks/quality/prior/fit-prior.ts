import { GENERAL_FEATURES } from '../../../packages/engine/src/features/general-features.ts'
import type { ColdStartPrior } from '../../../packages/engine/src/risk/cold-start-prior.ts'
import { COMMON_SENSE } from './common-sense.ts'
import { invert } from './invert.ts'

/** Decisions with an outcome of one kind of work: streams of one origin are one family. */
export interface Family {
  readonly name: string
  /** General features of each decision. */
  readonly rows: readonly Float32Array[]
  readonly labels: readonly (0 | 1)[]
}

/**
 * Decisions that a family counts for, however many it has: they are evidence about that family, and it is one case of what families
 * are like.
 */
const FAMILY_DECISIONS = 30
/** Variance of the mean weight around common sense, and of a family's weight around the mean with the families that it counts for. */
const MEAN_VARIANCE = 0.05
const WEIGHT_VARIANCE = 0.05
const VARIANCE_FAMILIES = 3
/** Least share of what is assumed about a weight that a family must have added to, to count as one that knows it. */
const LEAST_KNOWN = 0.02
const ROUNDS = 12
const NEWTON_STEPS = 12
const SIZE = GENERAL_FEATURES.length

/**
 * Hierarchical logistic regression: each family f has an intercept of its own and weights w_f ~ N(μ, diag τ²), μ ~ N(common sense,
 * 0.05). EM: the E-step is a Laplace approximation N(m_f, S_f) of each family's weights; the M-step sets μ to the posterior mean of the
 * m_f and τ² to the mean of (m_f − μ)² + S_f, shrunk towards 0.05. Where families disagree, μ stays near common sense and τ is
 * large: outcomes move such a weight soon. What a family never showed, it says nothing about.
 *
 * @param families - Without any, common sense is all there is.
 * @see Efron and Morris (1975), Data analysis using Stein's estimator; Dempster, Laird, Rubin (1977) for EM.
 */
export function fitPrior(families: readonly Family[]): ColdStartPrior {
  const sense = GENERAL_FEATURES.map((name) => COMMON_SENSE[name] ?? 0)
  const centred = families.filter(({ rows }) => rows.length > 0).map(centre)
  const mean = Float64Array.from(sense)
  const variance = new Float64Array(SIZE).fill(WEIGHT_VARIANCE)
  for (let round = 0; round < ROUNDS; round++) {
    const found = centred.map((family) => fitFamily(family, mean, variance))
    for (let index = 0; index < SIZE; index++) {
      const before = variance[index] ?? 0
      const knowing = found.filter(({ variances }) => 1 - (variances[index] ?? 0) / before >= LEAST_KNOWN)
      const weights = knowing.map((each) => each.weights[index] ?? 0)
      const sum = weights.reduce((total, each) => total + each, 0)
      const middle =
        ((sense[index] ?? 0) / MEAN_VARIANCE + sum / before) / (1 / MEAN_VARIANCE + weights.length / before)
      const spread = knowing.reduce(
        (total, each) => total + ((each.weights[index] ?? 0) - middle) ** 2 + (each.variances[index] ?? 0),
        0,
      )
      mean[index] = middle
      variance[index] = (spread + VARIANCE_FAMILIES * WEIGHT_VARIANCE) / (knowing.length + VARIANCE_FAMILIES)
    }
  }
  const average = (index: number): number =>
    centred.reduce((sum, family) => sum + (family.means[index] ?? 0), 0) / Math.max(1, centred.length)
  return Object.fromEntries(
    GENERAL_FEATURES.map((name, index) => [
      name,
      {
        weight: rounded(mean[index] ?? 0),
        deviation: rounded(Math.sqrt(variance[index] ?? 0)),
        mean: rounded(average(index)),
      },
    ]),
  ) as ColdStartPrior
}

interface CentredFamily {
  /** Rows apart from their means, then a constant. */
  readonly rows: readonly Float64Array[]
  readonly means: Float64Array
  readonly labels: readonly (0 | 1)[]
}

function centre({ rows, labels }: Family): CentredFamily {
  const means = new Float64Array(SIZE)
  for (const row of rows)
    for (let index = 0; index < SIZE; index++) means[index] = (means[index] ?? 0) + (row[index] ?? 0) / rows.length
  const centred = rows.map((row) =>
    Float64Array.from({ length: SIZE + 1 }, (_, index) =>
      index === SIZE ? 1 : (row[index] ?? 0) - (means[index] ?? 0),
    ),
  )
  return { rows: centred, means, labels }
}

/** How freely a family has its own intercept: hardly held at all. */
const INTERCEPT_VARIANCE = 25

/** Mode and marginal variances of a family's weights given what families are like; the intercept last. */
function fitFamily(
  { rows, labels }: CentredFamily,
  mean: Float64Array,
  variance: Float64Array,
): { weights: Float64Array; variances: Float64Array } {
  const size = SIZE + 1
  const varianceOf = (index: number): number => variance[index] ?? INTERCEPT_VARIANCE
  const counts = Math.min(1, FAMILY_DECISIONS / rows.length)
  const weights = Float64Array.from({ length: size }, (_, index) => mean[index] ?? 0)
  let inverse: readonly Float64Array[] = []
  for (let step = 0; step < NEWTON_STEPS; step++) {
    const gradient = Float64Array.from(weights, (w, index) => ((mean[index] ?? 0) - w) / varianceOf(index))
    const curvature = Array.from({ length: size }, (_, index) => {
      const row = new Float64Array(size)
      row[index] = 1 / varianceOf(index)
      return row
    })
    for (const [at, row] of rows.entries()) addDecision(row, labels[at] ?? 0, { weights, counts, gradient, curvature })
    inverse = invert(curvature)
    for (const [index, along] of inverse.entries())
      weights[index] = (weights[index] ?? 0) + along.reduce((sum, each, at) => sum + each * (gradient[at] ?? 0), 0)
  }
  return { weights, variances: Float64Array.from(inverse, (row, index) => row[index] ?? 0) }
}

interface Sums {
  readonly weights: Float64Array
  readonly counts: number
  readonly gradient: Float64Array
  readonly curvature: readonly Float64Array[]
}

function addDecision(row: Float64Array, label: 0 | 1, { weights, counts, gradient, curvature }: Sums): void {
  const z = row.reduce((sum, each, index) => sum + each * (weights[index] ?? 0), 0)
  const p = 1 / (1 + Math.exp(-z))
  const h = p * (1 - p) * counts
  for (const [first, target] of curvature.entries()) {
    const value = row[first] ?? 0
    if (value === 0) continue
    gradient[first] = (gradient[first] ?? 0) + value * (label - p) * counts
    for (let second = 0; second < row.length; second++)
      target[second] = (target[second] ?? 0) + h * value * (row[second] ?? 0)
  }
}

/** Three digits: no more is known, and the file stays readable. */
function rounded(value: number): number {
  return Number(value.toFixed(3)) + 0
}
