// `npm run --silent bench:scale [-- --json] [--cases N] [--queries N] [--exact N] [FOLDER]`: how precedents are found among a million. Two
// sets: cases made of real decision streams, and those that an index likes least. Exits with 1 where recall, or what comes back from a
// snapshot, is not what it has to be; times depend on the machine and are told beside their targets.
import { existsSync } from 'node:fs'
import { resolve } from 'node:path'
import { parseArgs } from 'node:util'
import { randomFrom } from '../../packages/engine/src/math/random-from.ts'
import { describeMachine, machineLine, ROOT } from '../machine.ts'
import { measureSet } from './measure-set.ts'
import { oneOf } from './random-draws.ts'
import { formatText, type ScaleReport, TARGETS } from './report.ts'
import { skewedCase } from './skewed-cases.ts'
import { byAction, readCases, varyCase } from './stream-cases.ts'

const { values: flags, positionals } = parseArgs({
  options: {
    json: { type: 'boolean', default: false },
    cases: { type: 'string', default: '1000000' },
    queries: { type: 'string', default: '500' },
    exact: { type: 'string', default: '30' },
  },
  allowPositionals: true,
})
const counts = { cases: wholeNumber('cases'), queries: wholeNumber('queries'), exactQueries: wholeNumber('exact') }

const real = readCases(findFolder())
const groups = byAction(real)
const random = randomFrom(1)
const sets = [
  measureSet({
    ...counts,
    name: 'streams',
    makeCase: (progress) => varyCase(groups, random, oneOf(random, real), progress),
  }),
  measureSet({ ...counts, name: 'skewed', makeCase: (progress) => skewedCase(random, progress) }),
]
const report: ScaleReport = { machine: describeMachine(), targets: TARGETS, sets }
console.log(flags.json ? JSON.stringify(report) : `${machineLine(report.machine)}\n\n${formatText(report)}`)
for (const { set, strategies, snapshot } of sets) {
  if (!snapshot.equal) complain(`${set}: what comes back from a snapshot is not the same`)
  for (const { strategy, recall_at_10: recall } of strategies)
    if (recall < TARGETS.recall_at_10) complain(`${set}, ${strategy}: recall@10 is ${recall.toFixed(3)}`)
}

function findFolder(): string {
  const asked = positionals[0] ?? process.env['BIGHUB_STREAMS']
  const path =
    asked === undefined ? resolve(ROOT, '../shared/data/decisions') : resolve(process.env['INIT_CWD'] ?? '.', asked)
  if (!existsSync(path))
    fail(`${path} is not there; name a folder of decision streams (.jsonl, .jsonl.gz), or set BIGHUB_STREAMS`)
  return path
}

function wholeNumber(name: 'cases' | 'queries' | 'exact'): number {
  const number = Number(flags[name])
  if (!Number.isInteger(number) || number < 1) fail(`--${name} needs a whole number of at least 1, not ${flags[name]}`)
  return number
}

function complain(message: string): void {
  console.error(`bench:scale: ${message}`)
  process.exitCode = 1
}

function fail(message: string): never {
  console.error(`bench:scale: ${message}`)
  process.exit(1)
}
