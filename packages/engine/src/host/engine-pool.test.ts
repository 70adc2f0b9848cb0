import { describe, expect, it } from 'vitest'
import { EnginePool, type Pooled } from './engine-pool.ts'

/** Engines that note what becomes of them; closing waits until it is let. */
function openPool(most: number) {
  const notes: string[] = []
  const gates = new Map<string, () => void>()
  const open = (organisation: string): Pooled & { readonly organisation: string } => {
    notes.push(`open ${organisation}`)
    return {
      organisation,
      close: async () => {
        await new Promise<void>((resolve) => gates.set(organisation, resolve))
        notes.push(`closed ${organisation}`)
      },
    }
  }
  return {
    pool: new EnginePool({ open, most }),
    notes,
    letClose: (organisation: string) => gates.get(organisation)?.(),
  }
}

const touch = async (engine: { readonly organisation: string }): Promise<string> => engine.organisation

describe('a pool of engines', () => {
  it('opens one at its first use and keeps it', async () => {
    const { pool, notes } = openPool(2)
    await Promise.all([pool.use('a', touch), pool.use('a', touch)])
    await expect(pool.use('a', touch)).resolves.toBe('a')
    expect(notes).toEqual(['open a'])
  })

  it('closes the one that was used longest ago', async () => {
    const { pool, notes, letClose } = openPool(2)
    for (const name of ['a', 'b', 'a', 'c']) await pool.use(name, touch)
    letClose('b')
    await expect.poll(() => notes).toEqual(['open a', 'open b', 'open c', 'closed b'])
    expect(pool.openOrganisations).toEqual(['a', 'c'])
  })

  it('never closes one in which something is under way, but does so afterwards', async () => {
    const { pool, notes, letClose } = openPool(1)
    let finish = (): void => undefined
    const working = pool.use('a', () => new Promise<void>((resolve) => (finish = resolve)))
    await expect.poll(() => pool.openOrganisations).toEqual(['a'])
    await pool.use('b', touch)
    letClose('b')
    await expect.poll(() => notes).toEqual(['open a', 'open b', 'closed b'])
    await expect(pool.use('a', touch)).resolves.toBe('a')
    expect(pool.openOrganisations).toEqual(['a'])
    finish()
    await working
    await pool.use('c', touch)
    expect(pool.openOrganisations).toEqual(['c'])
  })

  it('opens one again only when it is closed', async () => {
    const { pool, notes, letClose } = openPool(1)
    await pool.use('a', touch)
    await pool.use('b', touch)
    const again = Promise.all([pool.use('a', touch), pool.use('a', touch)])
    letClose('a')
    await again
    expect(notes).toEqual(['open a', 'open b', 'closed a', 'open a'])
  })

  it('opens nothing once it is closed', async () => {
    const { pool, letClose } = openPool(1)
    await pool.use('a', touch)
    const closing = pool.close()
    await expect(pool.use('b', touch)).rejects.toMatchObject({ code: 'storage_closed' })
    letClose('a')
    await closing
    expect(pool.openOrganisations).toEqual([])
  })

  it('tries again to open one that could not be opened', async () => {
    const failures = [new RangeError('no')]
    const pool = new EnginePool<Pooled>({
      most: 1,
      open: async () => {
        const failure = failures.pop()
        if (failure) throw failure
        return { close: async () => undefined }
      },
    })
    const both = await Promise.allSettled([pool.use('a', async () => 1), pool.use('a', async () => 2)])
    expect(both.map(({ status }) => status)).toEqual(['rejected', 'rejected'])
    await expect(pool.use('a', async () => 3)).resolves.toBe(3)
  })

  it('goes on after work that failed', async () => {
    const { pool } = openPool(1)
    await expect(pool.use('a', () => Promise.reject(new RangeError('no')))).rejects.toThrow(RangeError)
    await pool.use('b', touch)
    expect(pool.openOrganisations).toEqual(['b'])
  })
})
