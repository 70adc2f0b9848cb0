import { readFileSync } from 'node:fs'
import { type EvaluateRequest, type EvaluateResponse } from '@bighub/core/protocol'
import { onTestFinished } from 'vitest'
import { EngineRuntime } from '../../src/engine-runtime.ts'
import { recordEvaluation } from '../../src/evaluate/record-evaluation.ts'
import { SqliteStorage } from '../../src/storage/sqlite/sqlite-storage.ts'
import { TestClock, temporaryFile } from '../support/temporary.ts'

export interface TestCore {
  readonly core: EngineRuntime
  readonly clock: TestClock
  readonly file: string
  evaluate(request: EvaluateRequest): Promise<EvaluateResponse>
}

/** A running log in a real file, with a clock that stands still until it is moved. Closed when the test ends. */
export function openCore(options: { file?: string; clock?: TestClock; organisation?: string } = {}): TestCore {
  const file = options.file ?? temporaryFile()
  const clock = options.clock ?? new TestClock()
  const organisation = options.organisation ?? 'default'
  const core = new EngineRuntime({
    storage: new SqliteStorage({ file, organisation, durability: 'process' }),
    organisation,
    now: clock.now,
    groupCommit: false,
    snapshotEvery: 20_000,
    onOpen: async () => undefined,
    onEvents: async () => [],
  })
  onTestFinished(() => core.close())
  return {
    core,
    clock,
    file,
    evaluate: (request) => recordEvaluation(core, request, { isConnected: async () => false }),
  }
}

/** Whether a word stands anywhere in a file or its write-ahead log. */
export function isInFile(file: string, word: string): boolean {
  return [file, `${file}-wal`].some((path) => {
    try {
      return readFileSync(path).includes(word)
    } catch {
      return false
    }
  })
}
