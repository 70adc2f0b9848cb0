// `npm run --silent bench:backtest [-- FOLDER] [--json] [--write]`: replays every decision stream of a folder through the
// engine and through two peers, by the same rules, and compares. No clock decides anything; only the speed depends on it.
import { existsSync, readdirSync } from 'node:fs'
import { basename, join, resolve } from 'node:path'
import { parseArgs } from 'node:util'
import { backtestFile } from '@bighub/engine'
import { describeMachine, machineLine, ROOT } from '../machine.ts'
import { perActionMean, runningBaseRate } from './peers.ts'
import { replayPeers } from './replay-peers.ts'
import { formatTable, missedTargets, type QualityReport, type StreamResult } from './report.ts'
import { writeResults } from './write-results.ts'

const { values: flags, positionals } = parseArgs({
  options: { json: { type: 'boolean', default: false }, write: { type: 'boolean', default: false } },
  allowPositionals: true,
})

const folder = findFolder()
const files = readdirSync(folder)
  .filter((name) => /\.jsonl(\.gz)?$/.test(name))
  .toSorted()
if (files.length === 0) fail(`${folder} holds no .jsonl or .jsonl.gz file`)

const streams: StreamResult[] = []
for (const name of files) {
  if (process.stderr.isTTY) process.stderr.write(`\r\x1b[K${name} …`)
  streams.push(await replay(join(folder, name)))
}
if (process.stderr.isTTY) process.stderr.write('\r\x1b[K')

const report: QualityReport = { machine: describeMachine(), streams }
if (flags.json) console.log(JSON.stringify(report))
else {
  console.log(machineLine(report.machine))
  console.log('')
  console.log(formatTable(report))
  const missed = missedTargets(report)
  console.log('')
  console.log(
    missed.length === 0 ? 'All targets met.' : `Targets missed:\n${missed.map((each) => `  ${each}`).join('\n')}`,
  )
}
if (flags.write) for (const file of writeResults(report)) console.error(`written: ${file}`)

async function replay(path: string): Promise<StreamResult> {
  const started = performance.now()
  const { file: _, ...engine } = await backtestFile(path)
  const seconds = (performance.now() - started) / 1000
  const peers = await replayPeers(path, [runningBaseRate(), perActionMean()])
  return {
    stream: basename(path).replace(/\.jsonl(\.gz)?$/, ''),
    ...engine,
    decisions_per_second: Math.round(engine.n / seconds),
    peak_rss_mb: Math.round(process.resourceUsage().maxRSS / 1024),
    peers: Object.fromEntries(peers),
  }
}

function findFolder(): string {
  const asked = positionals[0] ?? process.env['BIGHUB_STREAMS']
  const path =
    asked === undefined ? resolve(ROOT, '../shared/data/decisions') : resolve(process.env['INIT_CWD'] ?? '.', asked)
  if (!existsSync(path))
    fail(`${path} is not there; name a folder of decision streams (.jsonl, .jsonl.gz), or set BIGHUB_STREAMS`)
  return path
}

function fail(message: string): never {
  console.error(`bench:backtest: ${message}`)
  process.exit(1)
}
