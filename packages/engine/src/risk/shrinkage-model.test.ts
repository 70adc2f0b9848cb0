import { describe, expect, it } from 'vitest'
import { RISK_MODEL_CHECKS } from '../../test/contracts/risk-model-checks.ts'
import { facts } from '../../test/support/facts.ts'
import { ActionValues } from '../features/action-values.ts'
import { extractFeatures } from '../features/extract-features.ts'
import { createRiskModel } from './shrinkage-model.ts'

describe('the shrinkage model', () => {
  it.each(RISK_MODEL_CHECKS)('$name', ({ run }) => {
    expect(() => run(createRiskModel)).not.toThrow()
  })

  it('starts with a quarter, shaded by what the call looks like', () => {
    const values = new ActionValues()
    const riskOf = (about: Parameters<typeof facts>[0]): number =>
      createRiskModel().predict(extractFeatures(facts(about), values), { badRate: null, weight: 0 }).probability
    const look = riskOf({ action: 'get_order', mutating: false })
    const refund = riskOf({ action: 'refund', mutating: true })
    const steered = riskOf({ action: 'refund', mutating: true, provenance: { iban: 'tool' }, run: { taint: 3 } })
    expect(look).toBeLessThan(0.2)
    expect(refund).toBeGreaterThan(0.2)
    expect(refund).toBeLessThan(0.4)
    expect(steered).toBeGreaterThan(0.5)
  })
})
