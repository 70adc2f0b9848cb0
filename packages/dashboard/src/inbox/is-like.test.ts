import type { ApprovalItem } from '@bighub/core'
import { describe, expect, it } from 'vitest'
import { isLike } from './is-like.ts'

const HOLD: ApprovalItem = {
  request_id: 'act_1',
  action: 'refund',
  actor: 'support-agent',
  domain: 'payments',
  tool: 'refund',
  rule_id: 'rule_1',
  target: 'A-1',
  value: 10,
  status: 'pending',
  risk_score: 0.2,
  reason: 'held',
  created_at: '2026-01-01T00:00:00.000Z',
  expires_at: '2026-01-02T00:00:00.000Z',
  arguments: { order: 'A-1', amount: 10 },
  arguments_digest: 'a',
  provenance: { order: 'user', amount: 'user' },
}

describe('calls that may be answered together', () => {
  it('may differ in value, target and the values of arguments', () => {
    const other = { ...HOLD, request_id: 'act_2', target: 'A-2', value: 99, arguments: { amount: 99, order: 'A-2' } }
    expect(isLike(HOLD, other)).toBe(true)
  })

  it.each<[string, Partial<ApprovalItem>]>([
    ['actor', { actor: 'other-agent' }],
    ['tool', { tool: 'refund_all' }],
    ['domain', { domain: null }],
    ['rule that held them', { rule_id: null }],
    ['arguments', { arguments: { order: 'A-1', amount: 10, note: 'x' } }],
    ['origin of a value', { provenance: { order: 'tool', amount: 'user' } }],
  ])('are not those that differ in the %s', (_, difference) => {
    expect(isLike(HOLD, { ...HOLD, ...difference })).toBe(false)
  })
})
