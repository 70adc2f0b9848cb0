import { afterAll, beforeAll, describe, expect, it, onTestFinished } from 'vitest'
import { STORAGE_CHECKS } from '../../../test/contracts/storage-checks.ts'
import { findPostgres, startPostgres, type TestPostgres } from '../../../test/support/postgres.ts'
import { PostgresStorage } from './postgres-storage.ts'

const native = findPostgres()

describe.skipIf(native === null)('PostgreSQL', () => {
  let postgres: TestPostgres

  beforeAll(async () => {
    postgres = await startPostgres(native ?? '')
  }, 60_000)
  afterAll(() => postgres?.stop())

  async function openStorage(url: string, organisation = 'default', durability: 'process' | 'power' = 'process') {
    const storage = await PostgresStorage.open({ url, organisation, durability })
    onTestFinished(() => storage.close())
    return storage
  }

  describe.each(['process', 'power'] as const)('with durability "%s"', (durability) => {
    it.each(STORAGE_CHECKS)('$name', async ({ run }) => {
      const url = await postgres.newDatabase()
      await expect(run({ open: (organisation) => openStorage(url, organisation, durability) })).resolves.toBeUndefined()
    })
  })

  it('refuses a schema of a newer version, and a server that is not there', async () => {
    const url = await postgres.newDatabase()
    const storage = await openStorage(url)
    await storage.database.executeQuery({
      sql: 'UPDATE bighub_version SET version = 99',
      parameters: [],
      query: { kind: 'RawNode' } as never,
      queryId: { queryId: 'test' },
    })
    await expect(openStorage(url)).rejects.toMatchObject({ code: 'storage_newer' })
    await expect(openStorage('postgresql://postgres@127.0.0.1:1/nothing')).rejects.toMatchObject({
      code: 'storage_unavailable',
      isRetryable: true,
    })
  })

  it('is opened by several at once from nothing', async () => {
    const url = await postgres.newDatabase()
    const storages = await Promise.all(Array.from({ length: 5 }, () => openStorage(url)))
    expect(new Set(storages.map((storage) => storage.organisation)).size).toBe(1)
  })
})
