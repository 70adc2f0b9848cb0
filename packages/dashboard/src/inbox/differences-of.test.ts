import type { ApprovalItem, PrecedentReference } from '@bighub/core'
import { expect, it } from 'vitest'
import { differencesOf } from './differences-of.ts'

const ITEM: ApprovalItem = {
  request_id: 'act_1',
  action: 'refund',
  actor: 'support-agent',
  target: 'A-1',
  value: 30,
  status: 'pending',
  risk_score: 0.2,
  reason: 'held',
  created_at: '2026-01-01T00:00:00.000Z',
  expires_at: '2026-01-02T00:00:00.000Z',
  arguments: { order: 'A-1', amount: 30, method: 'gift_card' },
  arguments_digest: 'a',
}
const PRECEDENT: PrecedentReference = {
  request_id: 'act_0',
  similarity: 0.9,
  action: 'refund',
  actor: 'support-agent',
  target: 'A-0',
  value: 30,
  outcome_status: 'SUCCESS',
  outcome_category: 'positive',
  created_at: '2025-12-01T00:00:00.000Z',
}
const SAME: PrecedentReference = { ...PRECEDENT, target: 'A-1' }

it('names target and arguments that differ, each once, and nothing that is the same', () => {
  const past = { order: 'A-0', amount: 30, method: 'original' }
  expect(differencesOf(ITEM, { reference: PRECEDENT, arguments: past })).toEqual([
    { name: 'target', before: 'A-0', now: 'A-1' },
    { name: 'method', before: 'original', now: 'gift_card' },
  ])
})

it('says of an argument that one of them did not have that there was none', () => {
  expect(differencesOf(ITEM, { reference: SAME, arguments: { order: 'A-1', note: 'x' } })).toEqual([
    { name: 'amount', before: null, now: 30 },
    { name: 'method', before: null, now: 'gift_card' },
    { name: 'note', before: 'x', now: null },
  ])
})

it('compares no arguments where those of the past call are not on record', () => {
  expect(differencesOf(ITEM, { reference: SAME, arguments: {} })).toEqual([])
})

it('claims no difference of what neither the reference nor the decision says', () => {
  const { target: _, ...reference } = PRECEDENT
  expect(differencesOf(ITEM, { reference, arguments: {} })).toEqual([])
  const decision = { target: 'A-0', value: 30 }
  expect(differencesOf(ITEM, { reference, decision, arguments: {} })).toEqual([
    { name: 'target', before: 'A-0', now: 'A-1' },
  ])
})
