/**
 * P-values adjusted so that taking those at most q keeps the expected share of false discoveries at q:
 * p₍ᵢ₎ · m / i, made monotone from the largest down.
 *
 * @see Benjamini, Hochberg (1995), Controlling the False Discovery Rate, JRSS B 57.
 */
export function adjustPValues(pValues: readonly number[]): number[] {
  const order = pValues.map((p, index) => ({ p, index })).toSorted((a, b) => b.p - a.p || b.index - a.index)
  const adjusted = pValues.map(() => 1)
  let least = 1
  for (const [place, { p, index }] of order.entries()) {
    least = Math.min(least, p * (pValues.length / (pValues.length - place)))
    adjusted[index] = least
  }
  return adjusted
}
