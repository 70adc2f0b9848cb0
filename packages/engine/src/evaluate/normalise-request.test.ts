import { canonicalJson, InvalidInputError } from '@bighub/core/protocol'
import fc from 'fast-check'
import { describe, expect, it } from 'vitest'
import { normaliseRequest } from './normalise-request.ts'

/** The field that a refusal names. */
function refusedField(request: unknown): string {
  try {
    normaliseRequest(request as Parameters<typeof normaliseRequest>[0])
  } catch (error) {
    if (error instanceof InvalidInputError) return error.field
    throw error
  }
  throw new Error('it was accepted')
}

function nested(levels: number): unknown {
  let value: unknown = 1
  for (let level = 0; level < levels; level++) value = { a: value }
  return value
}

describe('a request', () => {
  it('gets its defaults', () => {
    expect(normaliseRequest({ action: 'refund', target: '', domain: '', actor: '' })).toMatchObject({
      action: 'refund',
      actor: 'AI_AGENT',
      value: null,
      target: null,
      domain: null,
      isDryRun: false,
      trajectoryId: null,
      call: {},
      run: {},
      context: {},
    })
  })

  it('has its metadata merged under its context, keys with a meaning included', () => {
    const request = normaliseRequest({
      action: 'refund',
      metadata: { tier: 'gold', region: 'eu', session_id: 's-1', call: { tool: 'refund' } },
      context: { tier: 'silver' },
    })
    expect(request).toMatchObject({
      context: { tier: 'silver', region: 'eu' },
      trajectoryId: 's-1',
      call: { tool: 'refund' },
    })
    expect(request.recorded).not.toHaveProperty('metadata')
  })

  it('reads the trajectory before the session', () => {
    const context = { session_id: 's-1', trajectory_id: 't-1' }
    expect(normaliseRequest({ action: 'refund', context }).trajectoryId).toBe('t-1')
  })

  it('is read from its record as it was read from the caller', () => {
    const anything = fc.anything({
      withBigInt: true,
      withDate: true,
      withMap: true,
      withSet: true,
      withTypedArray: true,
    })
    const fields = fc.dictionary(fc.string(), anything, { maxKeys: 6 })
    const reserved = new Set(['session_id', 'trajectory_id', 'call', 'run'])
    fc.assert(
      fc.property(fields, fields, fc.option(fc.double({ noNaN: true, noDefaultInfinity: true })), (a, b, value) => {
        fc.pre(![...Object.keys(a), ...Object.keys(b)].some((key) => reserved.has(key)))
        let live: ReturnType<typeof normaliseRequest>
        try {
          live = normaliseRequest({ action: 'refund', value, context: { ...a, call: { arguments: b } } })
        } catch (error) {
          // Data that refer to themselves or nest too deep.
          fc.pre(!InvalidInputError.isInstance(error))
          throw error
        }
        expect(normaliseRequest(live.recorded as Parameters<typeof normaliseRequest>[0])).toEqual(live)
        expect(canonicalJson(live.recorded)).toBe(live.canonical)
      }),
    )
  })

  it('keeps a key named __proto__, and nobody’s prototype is changed by it', () => {
    const args: Record<string, unknown> = JSON.parse('{"__proto__":{"admin":true},"to":"eve"}')
    const context: Record<string, unknown> = JSON.parse('{"__proto__":{"polluted":1},"constructor":{"prototype":1}}')
    const request = normaliseRequest({ action: 'send', context: { ...context, call: { arguments: args } } })
    expect(request.canonical).toContain('"__proto__":{"admin":true}')
    expect(Object.keys(request.call.arguments ?? {})).toEqual(['__proto__', 'to'])
    expect({}).not.toHaveProperty('admin')
    expect({}).not.toHaveProperty('polluted')
    expect((request.context as Record<string, unknown>)['polluted']).toBeUndefined()
  })

  it('tells two calls apart that differ in such a key only', () => {
    const textOf = (json: string): string =>
      normaliseRequest({ action: 'send', context: { call: { arguments: JSON.parse(json) } } }).canonical
    expect(textOf('{"__proto__":{"to":"eve"}}')).not.toBe(textOf('{"__proto__":{"to":"bob"}}'))
  })

  it('is not changed, and later changes of it do not reach the engine', () => {
    const args = Object.freeze({ to: 'bob' })
    const context = { list: [1], call: Object.freeze({ arguments: args }) }
    const request = normaliseRequest(Object.freeze({ action: 'send', context, metadata: Object.freeze({ a: 1 }) }))
    context.list.push(2)
    expect(request.context).toEqual({ a: 1, list: [1] })
  })
})

describe('a bad request is refused with the name of its field', () => {
  const cyclic: Record<string, unknown> = { a: 1 }
  cyclic['self'] = cyclic

  it.each<[string, unknown, string]>([
    ['nothing', undefined, ''],
    ['text', 'refund', ''],
    ['no action', {}, 'action'],
    ['NaN', { action: 'refund', value: Number.NaN }, 'value'],
    ['Infinity', { action: 'refund', value: Number.NEGATIVE_INFINITY }, 'value'],
    ['BigInt', { action: 'refund', value: 10n }, 'value'],
    ['10 MB of action', { action: 'x'.repeat(10_000_000) }, 'action'],
    ['10 MB of target', { action: 'refund', target: 'x'.repeat(10_000_000) }, 'target'],
    ['10 MB of context', { action: 'refund', context: { text: 'x'.repeat(10_000_000) } }, 'context'],
    [
      '10 MB of an argument',
      { action: 'x', context: { call: { arguments: { a: 'x'.repeat(10_000_000) } } } },
      'context',
    ],
    ['1,000 levels', { action: 'refund', context: { deep: nested(1000) } }, `context.deep${'.a'.repeat(32)}.…`],
    ['a cycle', { action: 'refund', context: { cyclic } }, 'context.cyclic.self'],
    ['metadata that is no call', { action: 'refund', metadata: { call: 'phone' } }, 'metadata.call'],
    ['metadata that is no session', { action: 'refund', metadata: { session_id: 7 } }, 'metadata.session_id'],
  ])('%s', (_, request, field) => {
    expect(refusedField(request)).toBe(field)
  })
})
