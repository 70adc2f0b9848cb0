import { policySchema } from '@bighub/core/protocol'
import fc from 'fast-check'
import { describe, expect, it } from 'vitest'
import { type SimulationInput, simulateLosses } from './simulate-losses.ts'

const { costs } = policySchema.parse({})

function simulate(input: Partial<SimulationInput> = {}, probability = 0.3): ReturnType<typeof simulateLosses> {
  return simulateLosses({
    prediction: { probability, interval: [probability / 2, (1 + probability) / 2], confidence: 0.4 },
    stake: 1,
    severities: [],
    recommendation: 'proceed_with_caution',
    costs,
    reversibility: null,
    seed: 7,
    ...input,
  })
}

/** A risk that is known exactly. */
function certain(probability: number): Pick<SimulationInput, 'prediction'> {
  return { prediction: { probability, interval: [probability, probability], confidence: 1 } }
}

describe('the simulation of losses', () => {
  it('draws the same for the same decision and something else for another', () => {
    expect(simulate({ severities: [0.3, 0.6, 1] })).toEqual(simulate({ severities: [0.3, 0.6, 1] }))
    const rates = new Set(Array.from({ length: 20 }, (_, seed) => simulate({ seed }).failure_rate))
    expect(rates.size).toBeGreaterThan(5)
  })

  it('loses nothing where nothing goes wrong', () => {
    expect(simulate(certain(1e-9))).toMatchObject({ failure_rate: 0, loss_p50: 0, loss_p95: 0, loss_worst: 0 })
    expect(simulate(certain(1e-9)).tail_risk_level).toBe('low')
  })

  it('loses the stake in every draw where everything goes wrong', () => {
    // The log-odds of a probability of 1 are clipped at 1 − 1e-4: one draw in 40 such runs may end well.
    const summary = simulate({ ...certain(1), stake: 2.5 })
    expect(summary.failure_rate).toBeGreaterThan(0.99)
    expect(summary).toMatchObject({ loss_p50: 2.5, loss_p95: 2.5, loss_worst: 2.5, tail_risk_level: 'critical' })
  })

  it('finds the quantiles of known severities', () => {
    const severities = Array.from({ length: 100 }, (_, n) => (n + 1) / 100)
    const summary = simulate({ ...certain(1), severities, stake: 2 })
    // 256 draws from a uniform distribution: the standard error of the median is 2·0.5/√256 ≈ 0.06.
    expect(Math.abs((summary.loss_p50 ?? 0) - 1)).toBeLessThan(0.25)
    expect(Math.abs((summary.loss_p95 ?? 0) - 1.9)).toBeLessThan(0.12)
    expect(summary.loss_worst).toBeGreaterThan(1.9)
  })

  it('puts the draws that end well below those that do not', () => {
    // 30 % of draws lose 1: the median loses nothing, the 95th percentile loses it all.
    expect(simulate(certain(0.3))).toMatchObject({ loss_p50: 0, loss_p95: 1, loss_worst: 1 })
  })

  it('fails as often as the risk says', () => {
    // Three standard errors of 256 draws.
    for (const p of [0.1, 0.5, 0.9])
      expect(Math.abs((simulate(certain(p)).failure_rate ?? 0) - p)).toBeLessThan(3 * Math.sqrt((p * (1 - p)) / 256))
  })

  it('calls a decision fragile in the draws in which another would be cheaper', () => {
    expect(simulate({ ...certain(0.3), recommendation: 'proceed_with_caution' }).fragility_score).toBe(0)
    expect(simulate({ ...certain(0.3), recommendation: 'proceed' }).fragility_score).toBe(1)
  })

  it('weighs what cannot be undone only where somebody said so', () => {
    expect(simulate().impact_summary).toBeUndefined()
    expect(simulate({ reversibility: 0.25 }, 0.4).impact_summary?.irreversibility_risk).toBeCloseTo(0.3, 12)
  })

  it('is finite and ordered for any input', () => {
    const share = fc.double({ min: 0, max: 1, noNaN: true })
    fc.assert(
      fc.property(
        share,
        share,
        share,
        fc.array(share, { maxLength: 64 }),
        fc.nat(),
        (p, below, above, severities, seed) => {
          const prediction = { probability: p, interval: [p * below, p + (1 - p) * above] as const, confidence: below }
          const {
            loss_p50: p50 = -1,
            loss_p95: p95 = -1,
            loss_worst: worst = -1,
          } = simulate({ prediction, severities, seed })
          expect(p50).toBeGreaterThanOrEqual(0)
          expect(p95).toBeGreaterThanOrEqual(p50)
          expect(worst).toBeGreaterThanOrEqual(p95)
          expect(Number.isFinite(worst)).toBe(true)
        },
      ),
      { numRuns: 50 },
    )
  })
})
