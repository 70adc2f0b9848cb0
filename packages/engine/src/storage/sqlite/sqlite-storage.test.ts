import { DatabaseSync } from 'node:sqlite'
import { describe, expect, it, onTestFinished } from 'vitest'
import { STORAGE_CHECKS } from '../../../test/contracts/storage-checks.ts'
import { temporaryFile } from '../../../test/support/temporary.ts'
import { SqliteStorage } from './sqlite-storage.ts'

function openStorage(
  file: string,
  organisation = 'default',
  durability: 'process' | 'power' = 'process',
): SqliteStorage {
  const storage = new SqliteStorage({ file, organisation, durability })
  onTestFinished(() => storage.close())
  return storage
}

describe.each(['process', 'power'] as const)('SQLite with durability "%s"', (durability) => {
  it.each(STORAGE_CHECKS)('$name', async ({ run }) => {
    const file = temporaryFile()
    await expect(
      run({ open: async (organisation) => openStorage(file, organisation, durability) }),
    ).resolves.toBeUndefined()
  })
})

describe('SQLite', () => {
  it('passes over a snapshot that was changed on disk and takes the one before', () => {
    const file = temporaryFile()
    const storage = openStorage(file)
    storage.writeSnapshot({ seq: 1, format: 1, state: 'first' })
    storage.writeSnapshot({ seq: 2, format: 1, state: 'second' })
    const other = new DatabaseSync(file)
    other.exec("UPDATE snapshots SET state = x'00ff' WHERE seq = 2")
    other.close()
    expect(storage.readSnapshot(1)).toEqual({ seq: 1, format: 1, state: 'first' })
  })

  it('syncs to disk when asked to, and goes back to its durability', () => {
    const file = temporaryFile()
    const storage = openStorage(file)
    expect(() =>
      storage.transact({ afterSeq: 0, reads: [], sync: true }, () => {
        throw new RangeError('refused')
      }),
    ).toThrow()
    storage.transact({ afterSeq: 0, reads: [], sync: false }, () => ({ records: [], approvals: [] }))
    expect(storage.head().seq).toBe(0)
  })

  it('fails in its own words also where single statements are asked', async () => {
    const storage = openStorage(temporaryFile())
    const ask = () => storage.database.selectFrom('settings').selectAll().execute()
    await expect(ask()).resolves.toEqual([])
    storage.close()
    await expect(ask()).rejects.toMatchObject({ code: 'storage_closed', path: storage.path })
  })

  it('is in memory when asked to, with nothing left of it', () => {
    const [one, other] = [openStorage(':memory:'), openStorage(':memory:')]
    one.writeSnapshot({ seq: 1, format: 1, state: 'x' })
    expect(other.readSnapshot(1)).toBeNull()
  })
})
