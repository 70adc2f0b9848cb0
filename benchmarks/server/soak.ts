import { join } from 'node:path'
import { setTimeout as sleep } from 'node:timers/promises'
import { createEngine } from '@bighub/engine'
import { load } from './load.ts'
import { runTarget } from './run-target.ts'

export interface SoakOptions {
  readonly minutes: number
  /** Requests a second. */
  readonly rate: number
  readonly connections: number
}

/** What a server holds once a minute, and whether everything that it answered is on record. */
export interface SoakReport {
  readonly answered: number
  readonly failed: number
  readonly recorded: number
  readonly chain_intact: boolean
  readonly p99_ms: readonly number[]
  /** Resident memory at the end of each minute. */
  readonly memory_mb: readonly number[]
}

/** Loads one server over SQLite at a steady rate, stops it, and looks for what it answered in its log. */
export async function soak(folder: string, { minutes, rate, connections }: SoakOptions): Promise<SoakReport> {
  const target = await runTarget('process', folder)
  const p99: number[] = []
  const memory: number[] = []
  let answered = 0
  let failed = 0
  for (let minute = 0; minute < minutes; minute++) {
    const round = await load(target, { seconds: 60, connections, rate })
    answered += round.requests
    failed += round.failed
    p99.push(round.p99)
    memory.push(Math.round(target.memory()))
  }
  // Those that autocannon no longer waited for are answered too.
  await sleep(1000)
  await target.stop()
  const engine = createEngine({ file: join(folder, 'bighub.db') })
  let recorded = 0
  for await (const line of engine.exportLog()) if (line.includes('"type":"evaluation"')) recorded++
  const { valid } = await engine.verifyLog()
  await engine.close()
  return { answered, failed, recorded, chain_intact: valid, p99_ms: p99, memory_mb: memory }
}
