/**
 * P(|Z| ≥ |z|) of a standard normal Z: the two-sided p-value of a z-score.
 *
 * erfc by a Chebyshev fit, relative error below 1.2e-7 everywhere.
 *
 * @returns In [0, 1].
 * @see Press, Teukolsky, Vetterling, Flannery (1992), Numerical Recipes in C, §6.2 (`erfcc`).
 */
export function twoSidedTail(z: number): number {
  const x = Math.abs(z) / Math.SQRT2
  const t = 1 / (1 + 0.5 * x)
  let sum = 0
  for (const coefficient of COEFFICIENTS) sum = sum * t + coefficient
  return Math.min(1, t * Math.exp(-x * x + sum))
}

/** Of the polynomial in t, highest power first. */
const COEFFICIENTS = [
  0.17087277, -0.82215223, 1.48851587, -1.13520398, 0.27886807, -0.18628806, 0.09678418, 0.37409196, 1.00002368,
  -1.26551223,
] as const

/**
 * z-score of the difference of two observed rates, a over b, under the belief that both are the same (pooled variance).
 *
 * @returns 0 where the pooled rate is 0 or 1, for then both rates are the same; null without observations on either side.
 */
export function twoProportionScore(
  a: { readonly bad: number; readonly n: number },
  b: { readonly bad: number; readonly n: number },
): number | null {
  if (a.n === 0 || b.n === 0) return null
  const pooled = (a.bad + b.bad) / (a.n + b.n)
  const variance = pooled * (1 - pooled) * (1 / a.n + 1 / b.n)
  return variance > 0 ? (a.bad / a.n - b.bad / b.n) / Math.sqrt(variance) : 0
}
