import fc from 'fast-check'
import { describe, expect, it } from 'vitest'
import { hearUser, NO_WORDS, outputWords, withObserved } from './run-words.ts'

function observed(...texts: readonly string[]) {
  return { strong: 0, output_words: texts.map((text) => outputWords({ text })), user: null }
}

describe('the words of a run', () => {
  it('are the same whether the user said them at once or bit by bit', () => {
    const words = fc.array(fc.constantFrom('refund', 'order', 'please', '42', 'a', 'today'), { maxLength: 300 })
    fc.assert(
      fc.property(words, fc.nat(300), (all, cut) => {
        const said = all.map((word) => `${word} `)
        const bits = [said.slice(0, cut).join(''), said.slice(cut).join('')].filter((text) => text !== '')
        const atOnce = hearUser(said.join(''), null)
        expect(
          bits.reduce<ReturnType<typeof hearUser> | null>((before, bit) => hearUser(bit, before), null) ?? atOnce,
        ).toEqual(atOnce)
      }),
    )
  })

  it('are those of the newest output, and of all outputs up to 160', () => {
    const first = withObserved(NO_WORDS, observed('alpha beta gamma'))
    const second = withObserved(first, observed('beta delta'))
    expect(second.lastOutput).toHaveLength(2)
    expect(second.allOutputs.slice(0, 3)).toEqual(first.allOutputs)
    expect(second.allOutputs).toHaveLength(4)
    const long = Array.from(
      { length: 100 },
      (_, n) => `word${String.fromCharCode(97 + (n % 26), 97 + (n >> 2))}x`,
    ).join(' ')
    const many = [long, long.toUpperCase(), long.replaceAll('word', 'term'), long.replaceAll('word', 'text')]
    expect(withObserved(second, observed(...many)).allOutputs).toHaveLength(160)
  })
})
