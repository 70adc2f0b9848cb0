// `npm run --silent bench:quality [-- --json] [--write] [--accept] [--stream NAME]… [FOLDER]`: replays every decision stream of a
// folder through the engine and through its peers, by the same rules, and compares. Exits with 1 where a stream got worse than what
// was accepted. No clock decides anything; only the speed depends on it.
import { existsSync, readdirSync } from 'node:fs'
import { basename, join, resolve } from 'node:path'
import { parseArgs } from 'node:util'
import { describeMachine, machineLine, ROOT } from '../machine.ts'
import { allPeers } from './all-peers.ts'
import { readStream } from './read-stream.ts'
import { replayEngine } from './replay-engine.ts'
import { replayPeers } from './replay-peers.ts'
import { formatText, type QualityReport, type StreamResult } from './report.ts'
import { meanRatio, missedTargets, readTargets } from './targets.ts'
import { accept, findRegressions, readAccepted, writeAccepted } from './tolerances.ts'
import { writeResults } from './write-results.ts'

const { values: flags, positionals } = parseArgs({
  options: {
    json: { type: 'boolean', default: false },
    write: { type: 'boolean', default: false },
    accept: { type: 'boolean', default: false },
    stream: { type: 'string', multiple: true, default: [] },
  },
  allowPositionals: true,
})

const files = findFiles()
const streams: StreamResult[] = []
for (const file of files) {
  if (process.stderr.isTTY) process.stderr.write(`\r\x1b[K${basename(file)} …`)
  streams.push(await replay(file))
}
if (process.stderr.isTTY) process.stderr.write('\r\x1b[K')

const targets = readTargets()
const report: QualityReport = {
  machine: describeMachine(),
  streams,
  peers: allPeers(true).map(({ name, settings, source }) => ({ name, settings, source })),
  targets,
  mean_ratio: meanRatio(streams, targets),
}
if (flags.json) console.log(JSON.stringify(report))
else {
  console.log(`${machineLine(report.machine)}\n\n${formatText(report)}\n`)
  printList('Targets missed', missedTargets(streams, targets))
}
if (flags.write) for (const file of writeResults(report)) console.error(`written: ${file}`)
const accepted = readAccepted()
if (flags.accept) writeAccepted(accept(streams, accepted))
else {
  const regressions = findRegressions(streams, accepted)
  for (const each of regressions) console.error(`worse than accepted: ${each}`)
  if (regressions.length > 0) process.exitCode = 1
}

async function replay(file: string): Promise<StreamResult> {
  const lines = readStream(file)
  const scored = lines.filter(({ bad }) => bad === 0 || bad === 1)
  const delays = scored.map(({ outcome_delay: delay }) => delay ?? 0).toSorted((a, b) => a - b)
  const hasOutputs = lines.some(({ observation }) => observation != null && observation !== '')
  return {
    stream: nameOf(file),
    decisions: lines.length,
    scored: scored.length,
    bad: scored.filter(({ bad }) => bad === 1).length,
    median_delay: delays[delays.length >> 1] ?? 0,
    ours: await replayEngine(file, lines),
    peers: Object.fromEntries(replayPeers(lines, allPeers(hasOutputs))),
  }
}

function findFiles(): string[] {
  const folder = findFolder()
  const all = readdirSync(folder)
    .filter((name) => /\.jsonl(\.gz)?$/.test(name))
    .toSorted()
    .map((name) => join(folder, name))
  const wanted = flags.stream.length === 0 ? all : all.filter((file) => flags.stream.includes(nameOf(file)))
  const unknown = flags.stream.filter((name) => !all.some((file) => nameOf(file) === name))
  if (unknown.length > 0) fail(`${folder} holds no stream ${unknown.join(', ')}`)
  if (wanted.length === 0) fail(`${folder} holds no .jsonl or .jsonl.gz file`)
  return wanted
}

function findFolder(): string {
  const asked = positionals[0] ?? process.env['BIGHUB_STREAMS']
  const path =
    asked === undefined ? resolve(ROOT, '../shared/data/decisions') : resolve(process.env['INIT_CWD'] ?? '.', asked)
  if (!existsSync(path))
    fail(`${path} is not there; name a folder of decision streams (.jsonl, .jsonl.gz), or set BIGHUB_STREAMS`)
  return path
}

function nameOf(file: string): string {
  return basename(file).replace(/\.jsonl(\.gz)?$/, '')
}

function printList(title: string, items: readonly string[]): void {
  console.log(items.length === 0 ? `${title}: none` : `${title}:\n${items.map((each) => `  ${each}`).join('\n')}`)
}

function fail(message: string): never {
  console.error(`bench:quality: ${message}`)
  process.exit(1)
}
