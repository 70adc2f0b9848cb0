import { onTestFinished } from 'vitest'
import { newId } from '../../src/new-id.ts'
import type { OrganisationCore } from '../../src/organisation-core.ts'
import { SqliteStorage } from '../../src/storage/sqlite/sqlite-storage.ts'
import { TestClock, temporaryFile } from './temporary.ts'

export interface TestCore extends OrganisationCore {
  readonly storage: SqliteStorage
  readonly file: string
  readonly clock: TestClock
}

/** An organisation's tables in a real file, with a clock that stands still. */
export function openCore(options: { file?: string; organisation?: string; clock?: TestClock } = {}): TestCore {
  const { file = temporaryFile(), organisation = 'default', clock = new TestClock() } = options
  const storage = new SqliteStorage({ file, organisation, durability: 'process' })
  onTestFinished(() => storage.close())
  return { organisation, storage, file, clock, now: clock.now, newId }
}
