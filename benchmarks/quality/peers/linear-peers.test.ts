import { describe, expect, it } from 'vitest'
import { AdaGradLogistic } from './adagrad-logistic.ts'
import { FtrlProximal } from './ftrl-proximal.ts'
import { invariantStep, VowpalWabbit } from './vowpal-wabbit.ts'

const ONE = Uint32Array.of(7)
const TWO = Uint32Array.of(7, 11)

describe('AdaGrad logistic regression', () => {
  it('takes two steps as by hand', () => {
    const learner = new AdaGradLogistic(0.5)
    learner.learn(ONE, 1, 1)
    // p = ½: g = ½, G = ¼, w = 0.5 · 0.5/√(0.25 + 1e-4).
    const first = 0.25 / Math.sqrt(0.2501)
    expect(learner.score(ONE, 1)).toBeCloseTo(first, 6)
    learner.learn(ONE, 1, 0)
    const gradient = -1 / (1 + Math.exp(-first))
    const second = first + (0.5 * gradient) / Math.sqrt(0.25 + gradient ** 2 + 1e-4)
    expect(learner.score(ONE, 1)).toBeCloseTo(second, 6)
  })

  it('gives a weight that was not seen before the full first step', () => {
    const learner = new AdaGradLogistic(0.5)
    for (let n = 0; n < 50; n++) learner.learn(ONE, 1, 1)
    const before = learner.score(ONE, 1)
    learner.learn(TWO, 1, 0)
    // Both have the same gradient; the new one takes a step of η, the old one's rate has shrunk.
    const old = learner.score(ONE, 1) - before
    const fresh = learner.score(TWO, 1) - learner.score(ONE, 1)
    expect(fresh).toBeCloseTo(-0.5, 3)
    expect(old).toBeLessThan(0)
    expect(old).toBeGreaterThan(-0.4)
  })
})

describe('FTRL-proximal', () => {
  it('takes two steps of algorithm 1 as by hand', () => {
    const [alpha, beta, lambda1, lambda2] = [0.5, 1, 0.1, 2]
    const learner = new FtrlProximal({ alpha, beta, lambda1, lambda2 })
    learner.learn(ONE, 1, 1)
    // p = ½: g = −½, σ = 0.5/0.5 = 1, w = 0: z = −½, n = ¼.
    const first = (0.5 - 0.1) / ((1 + 0.5) / 0.5 + 2)
    expect(first).toBeCloseTo(0.08, 12)
    expect(learner.score(ONE, 1)).toBeCloseTo(first, 6)
    learner.learn(ONE, 1, 1)
    const gradient = 1 / (1 + Math.exp(-first)) - 1
    const n = 0.25 + gradient ** 2
    const sigma = (Math.sqrt(n) - 0.5) / alpha
    const z = -0.5 + gradient - sigma * first
    expect(learner.score(ONE, 1)).toBeCloseTo(-(z + lambda1) / ((beta + Math.sqrt(n)) / alpha + lambda2), 6)
  })

  it('leaves a weight at zero until its gradients exceed λ₁', () => {
    const learner = new FtrlProximal({ alpha: 1, beta: 1, lambda1: 0.6, lambda2: 0 })
    learner.learn(ONE, 1, 1)
    expect(learner.score(ONE, 1)).toBe(0)
    learner.learn(ONE, 1, 1)
    expect(learner.score(ONE, 1)).toBeGreaterThan(0)
  })
})

describe('the form of Vowpal Wabbit', () => {
  it('ends its step where infinitely many small steps would', () => {
    for (const [score, y, scale, rate] of [
      [0, 1, 0.5, 2],
      [-3, 1, 0.5, 40],
      [2, -1, 0.1, 7],
      [4, 1, 0.5, 3],
    ] as const) {
      // dm/dh = V·y/(1 + e^{y·m}), by a hundred thousand Euler steps.
      const steps = 100_000
      let m: number = score
      for (let n = 0; n < steps; n++) m += ((scale / steps) * rate * y) / (1 + Math.exp(y * m))
      expect(score + rate * invariantStep(score, y, scale, rate)).toBeCloseTo(m, 3)
    }
  })

  it('takes the plain gradient step where it is tiny', () => {
    expect(invariantStep(0.3, -1, 1e-9, 1)).toBeCloseTo(-1e-9 / (1 + Math.exp(-0.3)), 15)
  })

  it('takes its first step as by hand', () => {
    const learner = new VowpalWabbit(0.5)
    learner.learn(ONE, 1, 1)
    // Gradient ½ gives the rate 1/√¼ = 2; one feature in one example, so the scale is 0.5. q + e^q = 0.5 · 2 + 0 + 1 has q ≈ 0.4429.
    expect(learner.score(ONE)).toBeCloseTo(0.4429, 3)
  })

  it('learns less from each of two features than from one', () => {
    const [one, two] = [new VowpalWabbit(0.5), new VowpalWabbit(0.5)]
    one.learn(ONE, 1, 1)
    two.learn(TWO, 1, 1)
    // Twice the features, √2 of the rate of each: more is learned, not twice as much.
    expect(two.score(TWO)).toBeGreaterThan(one.score(ONE))
    expect(two.score(TWO)).toBeLessThan(2 * one.score(ONE))
  })
})
