import { execFile } from 'node:child_process'
import { fileURLToPath } from 'node:url'
import { promisify } from 'node:util'
import { expect, it } from 'vitest'
import { ADAPTERS, type Adapter } from './calls/agents/index.ts'
import type { CallFigures } from './calls/judge-calls.ts'
import type { AdapterReport } from './calls/torture-calls.ts'

const MAIN = fileURLToPath(new URL('main.ts', import.meta.url))
/** What has to be enough for `npm test`; the long form takes 10,000. */
const RUNS = 300

/** The short form of `npm run torture`: real processes of each adapter, two at once, killed at random moments. */
it('executes, refuses or calls unknown each guarded call whose process was killed in flight, and nothing else', async () => {
  const { stdout } = await promisify(execFile)(
    process.execPath,
    ['--conditions=bighub-source', MAIN, '--runs', String(RUNS), '--seed', '7', '--json'],
    { maxBuffer: 2 ** 26 },
  ).catch((error: { stdout: string }) => error)
  const { adapters, all } = JSON.parse(stdout) as { adapters: Record<Adapter, AdapterReport>; all: CallFigures }
  expect(Object.keys(adapters)).toEqual(ADAPTERS)
  for (const report of Object.values(adapters)) {
    expect(report.violations).toEqual([])
    expect(report).toMatchObject({ lost: 0, doubled: 0, wrong: 0, unapproved: 0 })
    expect(report.runs).toBeGreaterThanOrEqual(RUNS)
    expect(report.executed + report.refused + report.unknown).toBe(report.runs)
    expect(report.executed).toBeGreaterThan(0)
  }
  // Killed where it matters, and not only before the guard had anything to do; where exactly depends on how busy the machine is.
  const killedWhileHeld = Object.values(adapters).reduce((sum, each) => sum + (each.killed_while['hold'] ?? 0), 0)
  expect(killedWhileHeld).toBeGreaterThan(0)
  expect(all.runs).toBe(Object.values(adapters).reduce((sum, { runs }) => sum + runs, 0))
}, 240_000)
