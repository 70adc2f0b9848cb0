// `npm run --silent bench:speed [-- --json] [--calls N]`: what a guard adds to a tool call, and where the time goes.
import { mkdtempSync, rmSync } from 'node:fs'
import { tmpdir } from 'node:os'
import { join } from 'node:path'
import { parseArgs } from 'node:util'
import { describeMachine } from '../machine.ts'
import { measureAdapters } from './adapters.ts'
import { measureCalls, recordRequests } from './measure.ts'
import { measureParts } from './parts.ts'
import { formatReport, type SpeedReport } from './report.ts'

const { values: flags } = parseArgs({
  options: { json: { type: 'boolean', default: false }, calls: { type: 'string', default: '30000' } },
})
const calls = Number(flags.calls)
if (!Number.isInteger(calls) || calls < 10_000) {
  console.error(`bench:speed: --calls needs a whole number of at least 10000, not ${flags.calls}`)
  process.exit(2)
}

const folder = mkdtempSync(join(tmpdir(), 'bighub-speed-'))
try {
  const figures = await measureCalls(folder, calls, say)
  say('parts')
  const parts = measureParts(await recordRequests(12_000), join(folder, 'parts.db'), 'process')
  say('adapters')
  const adapters = await measureAdapters(6000)
  say('')
  const report: SpeedReport = {
    machine: describeMachine(),
    ...figures,
    parts: {
      read: parts.read.figures(),
      stages: parts.stages.figures(),
      canonical: parts.canonical.figures(),
      fold: parts.fold.figures(),
      commit: parts.commit.figures(),
    },
    adapters: adapters.figures,
    missing_adapters: adapters.missing,
  }
  console.log(flags.json ? JSON.stringify(report) : formatReport(report))
} finally {
  rmSync(folder, { recursive: true, force: true })
}

/** What is being done, on a terminal only. */
function say(text: string): void {
  if (process.stderr.isTTY) process.stderr.write(`\r\x1b[K${text}`)
}
