/** What a decision records of whether its outcome will be known. */
export interface ReviewKept {
  /** Probability, before the draw, that the outcome of such a decision becomes known by running unasked or by a sampled review. */
  readonly propensity: number
  /** It is held, and was drawn for a review whose finding is reported as its outcome. */
  readonly is_sampled: boolean
}

export interface SampleReviewInput {
  /** It runs without asking anybody. */
  readonly runs: boolean
  /** Probability with which a call like it runs unasked: what a promise gives, else 1 or 0. In [0, 1]. */
  readonly runShare: number
  /** Part of the held calls whose review is sampled, in [0, 1]. */
  readonly sampleRate: number
  /** In [0, 1), uniform, and independent of what held the call. */
  readonly draw: () => number
}

/**
 * Draws whether a held call is reviewed to learn from it, and says how likely it was that its outcome becomes known: π = r + (1 − r)·s. A
 * sampled call stays held: what is drawn is only whom the answer teaches. Undefined where there is nothing to correct: it runs for sure, or
 * is held and was not drawn.
 */
export function sampleReview({ runs, runShare, sampleRate, draw }: SampleReviewInput): ReviewKept | undefined {
  const propensity = runShare + (1 - runShare) * sampleRate
  if (runs) return propensity < 1 && propensity > 0 ? { propensity, is_sampled: false } : undefined
  return sampleRate > 0 && draw() < sampleRate ? { propensity, is_sampled: true } : undefined
}
