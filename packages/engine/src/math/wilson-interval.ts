/** Quantile of the normal distribution for an interval of 95 %. */
const Z_95 = 1.959963984540054

/**
 * Wilson's score interval of a rate.
 *
 * @param n - Observations, > 0; may be a sum of weights.
 * @param z - Half its width in standard errors. @defaultValue 1.96, for 95 %
 * @see Wilson (1927), Probable Inference, the Law of Succession, and Statistical Inference, JASA 22.
 */
export function wilsonInterval(bad: number, n: number, z: number = Z_95): [number, number] {
  const rate = bad / n
  const z2 = z ** 2
  const centre = (rate + z2 / (2 * n)) / (1 + z2 / n)
  const half = (z / (1 + z2 / n)) * Math.sqrt((rate * (1 - rate)) / n + z2 / (4 * n * n))
  return [Math.max(0, centre - half), Math.min(1, centre + half)]
}
