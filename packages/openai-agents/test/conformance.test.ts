import { createGuard } from '@bighub/core'
import { ADAPTER_CHECKS } from '@bighub/core/testing'
import { describe, expect, it } from 'vitest'
import { subjects } from './conformance-subjects.ts'

const runs = subjects.flatMap((subject) => subject.modes.map((mode) => ({ subject, mode })))

describe.each(runs)('$subject.name on $subject.framework, $mode', ({ subject, mode }) => {
  it.each(ADAPTER_CHECKS.filter(({ name }) => !Object.hasOwn(subject.skips, name)))('$name', async (check) => {
    await expect(check.run({ subject, mode, createGuard })).resolves.toBeUndefined()
  })

  it('skips nothing that there is not', () => {
    const names = ADAPTER_CHECKS.map(({ name }) => name)
    expect(names).toEqual(expect.arrayContaining(Object.keys(subject.skips)))
  })
})
