import fc from 'fast-check'
import { describe, expect, it } from 'vitest'
import { webhookBody } from './webhook-body.ts'

describe('the body of a webhook', () => {
  it('is compact, in the order of its keys, with everything but ASCII escaped in lower case', () => {
    expect(webhookBody({ b: 'größe \u007f 😀', a: [1, null, true] })).toBe(
      String.raw`{"b":"gr\u00f6\u00dfe \u007f \ud83d\ude00","a":[1,null,true]}`,
    )
  })

  it.each([
    [1e21, '1000000000000000000000'],
    [-1.5e300, `-15${'0'.repeat(299)}`],
    [1e-7, '0.0000001'],
    [-1.25e-9, '-0.00000000125'],
    [5e-324, `0.${'0'.repeat(323)}5`],
    [0.25, '0.25'],
    [-0, '0'],
  ])('writes %d as %s', (value, text) => {
    expect(webhookBody({ value })).toBe(`{"value":${text}}`)
  })

  it('leaves what only looks like a number in a text', () => {
    expect(webhookBody(String.raw`say \"1e-7\" and 1e21`)).toBe(JSON.stringify(String.raw`say \"1e-7\" and 1e21`))
  })

  it('says the same as the data, in ASCII without exponents, whatever they are', () => {
    fc.assert(
      fc.property(fc.jsonValue(), (value) => {
        const body = webhookBody(value)
        expect(JSON.parse(body)).toEqual(JSON.parse(JSON.stringify(value)))
        expect(body).toMatch(/^[\x20-\x7e]*$/)
        expect(body.replace(/"(?:[^"\\]|\\.)*"/g, '')).not.toMatch(/\de/i)
      }),
    )
  })
})
