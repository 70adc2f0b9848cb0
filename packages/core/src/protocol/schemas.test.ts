import { describe, expect, it } from 'vitest'
import type * as z from 'zod'
import {
  activateKillSwitchRequestSchema,
  claimEffectRequestSchema,
  consumeApprovalRequestSchema,
  evaluateRequestSchema,
  InvalidInputError,
  outcomeReportRequestSchema,
  policyForDomain,
  policySchema,
  resolveApprovalRequestSchema,
  settleEffectRequestSchema,
} from './index.ts'

function refusal(schema: z.ZodType, input: unknown): InvalidInputError {
  const parsed = schema.safeParse(input)
  if (parsed.success) throw new Error(`accepted: ${JSON.stringify(parsed.data)}`)
  return InvalidInputError.fromZod('an input', parsed.error)
}

describe('a refused input names its field', () => {
  it.each<[string, z.ZodType, unknown]>([
    ['action', evaluateRequestSchema, {}],
    ['action', evaluateRequestSchema, { action: '' }],
    ['action', evaluateRequestSchema, { action: 'a'.repeat(501) }],
    ['value', evaluateRequestSchema, { action: 'refund', value: Number.NaN }],
    ['value', evaluateRequestSchema, { action: 'refund', value: Number.POSITIVE_INFINITY }],
    ['value', evaluateRequestSchema, { action: 'refund', value: '12' }],
    ['target', evaluateRequestSchema, { action: 'refund', target: 5 }],
    ['context', evaluateRequestSchema, { action: 'refund', context: [] }],
    ['metadata', evaluateRequestSchema, { action: 'refund', metadata: 'x' }],
    ['context.call.reversibility', evaluateRequestSchema, { action: 'x', context: { call: { reversibility: 2 } } }],
    [
      'context.call.provenance.to',
      evaluateRequestSchema,
      { action: 'x', context: { call: { provenance: { to: 'web' } } } },
    ],
    ['context.run.step', evaluateRequestSchema, { action: 'x', context: { run: { step: -1 } } }],
    ['status', outcomeReportRequestSchema, { request_id: 'act_1', status: 'GREAT' }],
    ['request_id', outcomeReportRequestSchema, { status: 'SUCCESS' }],
    ['observed_at', outcomeReportRequestSchema, { request_id: 'act_1', status: 'SUCCESS', observed_at: 'yesterday' }],
    [
      'correction_cost',
      outcomeReportRequestSchema,
      { request_id: 'a', status: 'SUCCESS', correction_cost: Number.NaN },
    ],
    [
      'customer_impact_count',
      outcomeReportRequestSchema,
      { request_id: 'a', status: 'SUCCESS', customer_impact_count: -1 },
    ],
    ['costs.review', policySchema, { costs: { review: -1 } }],
    ['time_zone', policySchema, { time_zone: 'Berlin' }],
    ['enforcement_mode', policySchema, { enforcement_mode: 'strict' }],
    ['domains.payments.bound', policySchema, { domains: { payments: { bound: 'lower' } } }],
    ['approvals.expires_in_seconds', policySchema, { approvals: { expires_in_seconds: 0 } }],
    ['enforcment_mode', policySchema, { enforcment_mode: 'enforced' }],
    ['domains.payments.cost', policySchema, { domains: { payments: { cost: {} } } }],
    ['resolution', resolveApprovalRequestSchema, { resolution: 'maybe' }],
    ['arguments_digest', consumeApprovalRequestSchema, { effect_key: 'k' }],
    ['effect_key', claimEffectRequestSchema, { request_id: 'a', arguments_digest: 'd', effect_key: '' }],
    ['state', settleEffectRequestSchema, { state: 'unknown' }],
    ['domain', activateKillSwitchRequestSchema, { scope: 'domain' }],
  ])('%s', (field, schema, input) => {
    const error = refusal(schema, input)
    expect(error.field).toBe(field)
    expect(error.message).toContain(`${field}: `)
    expect(error.message).toContain('while reading an input')
  })

  it('says which statuses there are, and cuts a long one', () => {
    const error = refusal(outcomeReportRequestSchema, { request_id: 'a', status: 'X'.repeat(10_000) })
    expect(error.message).toContain('SUCCESS, PARTIAL_SUCCESS')
    expect(error.message.length).toBeLessThan(500)
  })
})

describe('an evaluation request', () => {
  it('keeps keys that it does not know', () => {
    const request = { action: 'refund', org: 7, context: { tier: 'gold', call: { tool: 'refund', extra: 1 } } }
    expect(evaluateRequestSchema.parse(request)).toEqual(request)
  })
})

describe('an answer to an approval', () => {
  it('may say "rejected" for "denied"', () => {
    expect(resolveApprovalRequestSchema.parse({ resolution: 'rejected' }).resolution).toBe('denied')
  })
})

describe('the policy of a domain', () => {
  const policy = policySchema.parse({
    typical_value: 100,
    costs: { review: 0.5 },
    domains: { payments: { enforcement_mode: 'enforced', costs: { caution: 0.01 }, typical_value: null } },
  })

  it('is the organisation’s with the domain’s overrides, field by field', () => {
    expect(policyForDomain(policy, 'payments')).toMatchObject({
      enforcement_mode: 'enforced',
      bound: 'estimate',
      typical_value: null,
      costs: { caution: 0.01, review: 0.5, wrong_block: 1.6, caution_prevents: 0.2, review_prevents: 0.9 },
    })
  })

  it.each([null, 'support', '__proto__', 'constructor'])('is the organisation’s for %s', (domain) => {
    expect(policyForDomain(policy, domain)).toMatchObject({ enforcement_mode: 'advisory', typical_value: 100 })
  })
})
