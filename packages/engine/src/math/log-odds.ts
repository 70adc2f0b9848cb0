/** σ(z) = 1/(1 + e⁻ᶻ). */
export function sigmoid(z: number): number {
  return 1 / (1 + Math.exp(-z))
}

/** ln(p/(1 − p)) with p clipped to [1e-4, 1 − 1e-4], so that an estimate from few counts stays finite. */
export function logit(p: number): number {
  const clipped = Math.min(1 - 1e-4, Math.max(1e-4, p))
  return Math.log(clipped / (1 - clipped))
}

export function clip(value: number, least: number, most: number): number {
  return Math.min(most, Math.max(least, value))
}
