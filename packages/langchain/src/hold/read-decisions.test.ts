import fc from 'fast-check'
import { describe, expect, it } from 'vitest'
import { readDecisions } from './read-decisions.ts'

const approved = { resolution: 'approved' }

describe('readDecisions', () => {
  it('reads decisions by call id, with or without the envelope', () => {
    const byId = { a: { type: 'approve' }, b: { type: 'reject', message: 'no', resolvedBy: 'ana' } }
    for (const value of [byId, { decisions: byId }])
      expect([...readDecisions(value, null)]).toEqual([
        ['a', approved],
        ['b', { resolution: 'denied', comment: 'no', resolvedBy: 'ana' }],
      ])
  })

  it('reads a list in the order of the batch, and only for a batch of its length', () => {
    const decisions = [{ type: 'approve' }, { type: 'reject' }]
    expect([...readDecisions({ decisions }, ['a', 'b'])]).toEqual([
      ['a', approved],
      ['b', { resolution: 'denied' }],
    ])
    for (const batch of [['a'], ['a', 'b', 'c'], [], null]) expect(readDecisions({ decisions }, batch).size).toBe(0)
  })

  it('reads an edit as a refusal, whatever its message', () => {
    const edit = { type: 'edit', message: 'approve', editedAction: { name: 'a', args: {} } }
    expect(readDecisions({ a: edit }, null).get('a')).toMatchObject({ resolution: 'denied' })
  })

  it('approves nothing by any value that does not say "approve"', () => {
    fc.assert(
      fc.property(fc.jsonValue(), fc.array(fc.string()), (value, batch) => {
        fc.pre(!JSON.stringify(value).includes('"approve"'))
        for (const answer of readDecisions(value, batch).values()) expect(answer.resolution).toBe('denied')
      }),
    )
  })

  it('does not take inherited names for decisions', () => {
    const value = Object.create({ decisions: { a: { type: 'approve' } }, a: { type: 'approve' } })
    expect(readDecisions(value, ['a']).size).toBe(0)
  })
})
