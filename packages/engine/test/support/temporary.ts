import { mkdtempSync, rmSync } from 'node:fs'
import { tmpdir } from 'node:os'
import { join } from 'node:path'
import { onTestFinished } from 'vitest'
import { createEngine, type Engine } from '../../src/engine.ts'
import type { EngineOptions } from '../../src/engine-options.ts'

/** A folder of this test's own, removed when it ends. */
export function temporaryFolder(): string {
  const folder = mkdtempSync(join(tmpdir(), 'bighub-engine-'))
  onTestFinished(() => rmSync(folder, { recursive: true, force: true }))
  return folder
}

/** Path of a database that does not exist yet, in a folder of this test's own. */
export function temporaryFile(): string {
  return join(temporaryFolder(), 'bighub.db')
}

/** An engine that is closed when the test ends; in memory unless a file is given. */
export function openEngine(options: EngineOptions = {}): Engine {
  const engine = createEngine({ file: ':memory:', ...options })
  onTestFinished(() => engine.close())
  return engine
}

/** A clock that stands still until it is moved. */
export class TestClock {
  #time: number

  constructor(iso = '2026-07-01T12:00:00.000Z') {
    this.#time = Date.parse(iso)
  }

  readonly now = (): number => this.#time

  advance(milliseconds: number): void {
    this.#time += milliseconds
  }
}
