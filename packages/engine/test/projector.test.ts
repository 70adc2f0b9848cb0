import { describe, expect, it } from 'vitest'
import { Projector } from '../src/projections/projector.ts'
import { openCore } from './support/organisation-core.ts'

describe('the projector', () => {
  it('looks twice for any number who ask at once: what is under way, and once more for all of them', async () => {
    const { storage } = openCore()
    let looks = 0
    const counted = new Proxy(storage, {
      get(target, name) {
        if (name === 'readAfter') looks++
        const value: unknown = Reflect.get(target, name, target)
        // Private fields are reached through the storage itself.
        return typeof value === 'function' ? value.bind(target) : value
      },
    })
    const projector = new Projector({ storage: counted })
    await Promise.all(Array.from({ length: 1000 }, () => projector.catchUp()))
    expect(looks).toBe(2)
    await projector.catchUp()
    expect(looks).toBe(3)
  })

  it('tells each who asks of a failure, and tries again for the next', async () => {
    const { storage } = openCore()
    let isBroken = true
    const broken = new Proxy(storage, {
      get(target, name) {
        if (name === 'readAfter' && isBroken) throw new Error('the disk is gone')
        const value: unknown = Reflect.get(target, name, target)
        return typeof value === 'function' ? value.bind(target) : value
      },
    })
    const projector = new Projector({ storage: broken })
    const asked = await Promise.allSettled([projector.catchUp(), projector.catchUp()])
    expect(asked.map(({ status }) => status)).toEqual(['rejected', 'rejected'])
    isBroken = false
    await expect(projector.catchUp()).resolves.toBeUndefined()
  })
})
