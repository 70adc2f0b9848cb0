// `npm run --silent bench:held [-- --json] [--write] [--stream NAME]… [FOLDER]`: what learning costs when held calls never run. Each stream
// is replayed with the default policy in force: first with every outcome, then with none of held and blocked calls, then with sampled
// reviews of at most 10, 20 and 40 % of all decisions, whose findings are the stream's labels (reviewers who are right). All figures are about
// all decisions with an outcome. Deterministic.
import { basename } from 'node:path'
import { parseArgs } from 'node:util'
import { PRIOR_BELIEFS } from '../../packages/engine/src/risk/prior-beliefs.ts'
import { describeMachine, machineLine } from '../machine.ts'
import { findStreams, streamNameOf } from './find-streams.ts'
import { replayHeld } from './held/replay-held.ts'
import { formatHeld, type HeldReport, type HeldResult, missedHeld, SHARES } from './held/report-held.ts'
import { writeHeld } from './held/write-held.ts'
import { readLeftOut } from './prior/prior-files.ts'
import { familyOf } from './prior/read-families.ts'

const { values: flags, positionals } = parseArgs({
  options: {
    json: { type: 'boolean', default: false },
    write: { type: 'boolean', default: false },
    stream: { type: 'string', multiple: true, default: [] },
  },
  allowPositionals: true,
})

const leftOut = readLeftOut()
const names = findStreams(positionals[0], []).map(streamNameOf)
const streams: HeldResult[] = []
for (const file of findStreams(positionals[0], flags.stream)) {
  if (process.stderr.isTTY) process.stderr.write(`\r\x1b[K${basename(file)} …`)
  streams.push(await replay(file))
}
if (process.stderr.isTTY) process.stderr.write('\r\x1b[K')

const report: HeldReport = { machine: describeMachine(), streams }
const missed = missedHeld(report)
if (flags.json) console.log(JSON.stringify(report))
else {
  console.log(`${machineLine(report.machine)}\n\n${formatHeld(report)}\n`)
  console.log(
    missed.length === 0 ? 'Targets missed: none' : `Targets missed:\n${missed.map((each) => `  ${each}`).join('\n')}`,
  )
}
if (flags.write) for (const file of writeHeld(report)) console.error(`written: ${file}`)

async function replay(file: string): Promise<HeldResult> {
  const stream = streamNameOf(file)
  const prior = leftOut[familyOf(stream, names)] ?? PRIOR_BELIEFS
  const sampled: HeldResult['sampled'][number][] = []
  for (const share of SHARES) sampled.push({ share, ...(await replayHeld(file, prior, { sampledShare: share })) })
  return {
    stream,
    labelled: await replayHeld(file, prior, 'all'),
    unlabelled: await replayHeld(file, prior, 'none'),
    sampled,
  }
}
