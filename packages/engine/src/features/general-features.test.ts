import { describe, expect, it } from 'vitest'
import { facts } from '../../test/support/facts.ts'
import { callFeatures } from './call-features.ts'
import { GENERAL_FEATURES, type GeneralFeature } from './general-features.ts'
import { NumberBook } from './number-book.ts'

/** Those features of a call that are not 0. */
function generalOf(about: Parameters<typeof facts>[0]): Partial<Record<GeneralFeature, number>> {
  const { general } = callFeatures(facts(about), new NumberBook()).features
  return Object.fromEntries(
    GENERAL_FEATURES.map((name, place) => [name, general[place] ?? 0]).filter(([, each]) => each),
  )
}

describe('general features', () => {
  it('say what is known of a call without its name', () => {
    expect(generalOf({ provenance: { iban: 'tool' }, run: { taint: 3, errors: 1 } })).toEqual({
      changes_something: 1,
      verb_pay: 1,
      values_of_tool: 1,
      taint: 1,
      strong_taint: 1,
      tainted_values_of_tool: 1,
      errors: 1,
      many_errors: expect.closeTo(1 / 3, 6),
      first_step: 1,
      target: 1,
    })
  })

  it('are the same for another tool of the same kind', () => {
    const [one, other] = ['send_mail', 'postMessage'].map((action) => generalOf({ action, value: 12 }))
    expect(one).toEqual(other)
    expect(one).toMatchObject({ verb_send: 1 })
  })

  it('take no notice of where the values of a look come from', () => {
    const about = { action: 'get_order', mutating: false }
    expect(generalOf({ ...about, provenance: { id: 'tool' }, run: { taint: 2 } })).toEqual(generalOf(about))
  })

  it("hold what a tool's author claims", () => {
    const annotations = { readOnlyHint: true, destructiveHint: true, idempotentHint: true, openWorldHint: true }
    expect(generalOf({ annotations })).toMatchObject({
      read_only_hint: 1,
      destructive_hint: 1,
      idempotent_hint: 1,
      open_world_hint: 1,
    })
  })
})
