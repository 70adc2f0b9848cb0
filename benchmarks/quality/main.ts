// `npm run --silent bench:quality [-- --json] [--write] [--accept] [--stream NAME]… [FOLDER]`: replays every decision stream of a
// folder through the engine and through its peers, by the same rules, and compares. Exits with 1 where a stream got worse than what
// was accepted. The prior of each replay knows nothing of the stream's family. No clock decides anything; only the speed depends on it.
import { basename } from 'node:path'
import { parseArgs } from 'node:util'
import { PRIOR_BELIEFS } from '../../packages/engine/src/risk/prior-beliefs.ts'
import { describeMachine, machineLine } from '../machine.ts'
import { allPeers } from './all-peers.ts'
import { findStreams, streamNameOf } from './find-streams.ts'
import { readLeftOut } from './prior/prior-files.ts'
import { familyOf } from './prior/read-families.ts'
import { replayStart } from './prior/replay-start.ts'
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

const files = findStreams(positionals[0], flags.stream)
const leftOut = readLeftOut()
const names = findStreams(positionals[0], []).map(streamNameOf)
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
  // A family that no prior was ever learned from may be given what ships.
  const prior = leftOut[familyOf(streamNameOf(file), names)] ?? PRIOR_BELIEFS
  const lines = readStream(file)
  const scored = lines.filter(({ bad }) => bad === 0 || bad === 1)
  const delays = scored.map(({ outcome_delay: delay }) => delay ?? 0).toSorted((a, b) => a - b)
  const hasOutputs = lines.some(({ observation }) => observation != null && observation !== '')
  return {
    stream: streamNameOf(file),
    decisions: lines.length,
    scored: scored.length,
    bad: scored.filter(({ bad }) => bad === 1).length,
    median_delay: delays[delays.length >> 1] ?? 0,
    ours: await replayEngine(file, lines, prior),
    start: {
      with_prior: await replayStart(file, prior),
      without_prior: await replayStart(file, null),
      is_agent: hasOutputs,
    },
    peers: Object.fromEntries(replayPeers(lines, allPeers(hasOutputs))),
  }
}

function printList(title: string, items: readonly string[]): void {
  console.log(items.length === 0 ? `${title}: none` : `${title}:\n${items.map((each) => `  ${each}`).join('\n')}`)
}
