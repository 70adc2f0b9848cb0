/**
 * Most decisions that one outcome stands for. Above it a single outcome would move more than it is worth: what is cut off is bias towards
 * the calls that ran, what is not would be variance.
 */
export const MOST_STOOD_FOR = 10

/**
 * How many decisions an outcome stands for: min(10, 1/π), π the recorded probability that the outcome of such a decision becomes known.
 * Learned with this weight, what is known is on average what would be known of all decisions (π > 0). Of calls that are never
 * looked at, π = 0, nothing can be known this way.
 *
 * @param propensity - In (0, 1].
 * @see Horvitz and Thompson (1952), A generalization of sampling without replacement from a finite universe; Ionides (2008), Truncated
 * importance sampling, for the cut.
 */
export function importanceWeight(propensity: number): number {
  return Math.min(MOST_STOOD_FOR, 1 / propensity)
}
