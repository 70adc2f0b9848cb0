import { describe, expect, it } from 'vitest'
import { verbClassOf } from './verb-class.ts'

describe('the verb class of an action', () => {
  it.each([
    ['refundOrder', 'pay'],
    ['delete-user', 'delete'],
    ['get_price', 'read'],
    ['GET_PRICE', 'read'],
    ['createIssue', 'create'],
    ['send_money_transfer', 'send'],
    ['github.mergePullRequest', 'unknown'],
    ['bash', 'execute'],
    ['update2fa', 'update'],
    ['widget', 'unknown'],
    ['', 'unknown'],
    ['constructor', 'unknown'],
    ['支付', 'unknown'],
  ])('%s: %s', (action, expected) => {
    expect(verbClassOf(action)).toBe(expected)
  })
})
