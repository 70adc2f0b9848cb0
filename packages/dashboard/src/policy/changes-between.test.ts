import { policySchema } from '@bighub/core/protocol'
import { expect, it } from 'vitest'
import { changesBetween } from './changes-between.ts'

it('names what differs by its path, also within costs and domains', () => {
  const before = policySchema.parse({})
  const after = policySchema.parse({
    costs: { review: 0.5 },
    retention_days: 30,
    domains: { payments: { enforcement_mode: 'enforced' } },
  })
  expect(changesBetween(before, after)).toEqual([
    { field: 'costs.review', before: 0.32, after: 0.5 },
    { field: 'retention_days', before: null, after: 30 },
    { field: 'domains.payments.enforcement_mode', before: null, after: 'enforced' },
  ])
})

it('names nothing for the first version', () => {
  expect(changesBetween(undefined, policySchema.parse({}))).toEqual([])
})
