import { fileURLToPath } from 'node:url'
import { expect, it } from 'vitest'
import { runProcess } from './run-cli.ts'

const KILL = fileURLToPath(new URL('../../../benchmarks/torture/kill.ts', import.meta.url))

/** The short form of `npm run torture:kill`: ten processes killed under load on one file. */
it('loses nothing that was acknowledged, and runs no tool twice, when a process under load is killed ten times', async () => {
  const { code, stdout, stderr } = await runProcess(
    [process.execPath, '--conditions=bighub-source', KILL, '--kills', '10', '--seed', '7', '--json'],
    fileURLToPath(new URL('.', import.meta.url)),
  )
  expect(stderr).toBe('')
  const report = JSON.parse(stdout) as { violations: string[]; acknowledged: { evaluations: number; outcomes: number } }
  expect(report.violations).toEqual([])
  expect(code).toBe(0)
  // Killed under load, not before it: otherwise nothing was tried.
  expect(report.acknowledged.evaluations).toBeGreaterThan(20)
  expect(report.acknowledged.outcomes).toBeGreaterThan(10)
}, 60_000)
