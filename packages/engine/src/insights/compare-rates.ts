import { twoProportionScore, twoSidedTail } from '../math/normal-tail.ts'

/** Expected counts from which the normal approximation serves; below, Fisher's test is worked out. */
const LARGE = 10

export interface Rate {
  readonly bad: number
  readonly n: number
}

/**
 * Two-sided p-value that two groups have one rate of bad outcomes: Fisher's exact test where any expected count is below 10, the
 * two-proportion z-test (pooled) otherwise.
 *
 * @returns In [0, 1]; 1 where a group is empty.
 * @see Fisher (1922), On the Interpretation of χ² from Contingency Tables, JRSS 85.
 */
export function compareRates(a: Rate, b: Rate): number {
  const n = a.n + b.n
  const bad = a.bad + b.bad
  if (a.n === 0 || b.n === 0) return 1
  const expected = (Math.min(a.n, b.n) * Math.min(bad, n - bad)) / n
  return expected < LARGE ? fisher(a, b) : twoSidedTail(twoProportionScore(a, b) ?? 0)
}

/** Sum of the probabilities of all tables with the same margins that are no more likely than this one. */
function fisher(a: Rate, b: Rate): number {
  const bad = a.bad + b.bad
  const least = Math.max(0, bad - b.n)
  const most = Math.min(bad, a.n)
  const total = logChoose(a.n + b.n, bad)
  const logProbability = (k: number): number => logChoose(a.n, k) + logChoose(b.n, bad - k) - total
  // Tables as likely as this one count, whatever the last digits say.
  const own = logProbability(a.bad) + 1e-7
  let sum = 0
  for (let k = least; k <= most; k++) {
    const each = logProbability(k)
    if (each <= own) sum += Math.exp(each)
  }
  return Math.min(1, sum)
}

/** ln n!, for n = 0, 1, 2 …, as far as it was asked for. */
const LOG_FACTORIALS = [0]

function logFactorial(n: number): number {
  for (let next = LOG_FACTORIALS.length; next <= n; next++)
    LOG_FACTORIALS.push((LOG_FACTORIALS[next - 1] ?? 0) + Math.log(next))
  return LOG_FACTORIALS[n] ?? 0
}

function logChoose(n: number, k: number): number {
  return logFactorial(n) - logFactorial(k) - logFactorial(n - k)
}
