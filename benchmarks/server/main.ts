// `npm run --silent bench:server [-- --seconds 5 --rounds 4 --connections 50 --json]`: evaluations over HTTP, recorded durably, beside a
// bare server of the same HTTP library. `-- --soak 30` instead loads one server for so many minutes and counts what it holds;
// `-- --log 1000000` times the pages of a decision log of that length.
import { mkdtempSync, rmSync } from 'node:fs'
import { tmpdir } from 'node:os'
import { join } from 'node:path'
import { parseArgs } from 'node:util'
import { findPostgres, startPostgres } from '../../packages/engine/test/support/postgres.ts'
import { describeMachine, machineLine } from '../machine.ts'
import { answerLength, load, type Round } from './load.ts'
import { measureLogPages } from './log-pages.ts'
import { type RunningTarget, runTarget } from './run-target.ts'
import { soak } from './soak.ts'
import { TARGETS, type Target } from './target-kinds.ts'

const { values: flags } = parseArgs({
  options: {
    seconds: { type: 'string', default: '5' },
    rounds: { type: 'string', default: '4' },
    connections: { type: 'string', default: '50' },
    soak: { type: 'string' },
    log: { type: 'string' },
    rate: { type: 'string', default: '1000' },
    json: { type: 'boolean', default: false },
  },
})
const [seconds, rounds, connections] = [flags.seconds, flags.rounds, flags.connections].map(Number) as [
  number,
  number,
  number,
]

const folder = mkdtempSync(join(tmpdir(), 'bighub-server-'))
const native = findPostgres()
const isComparison = flags.soak === undefined && flags.log === undefined
const postgres = native && isComparison ? await startPostgres(native) : null
try {
  const report =
    flags.log !== undefined
      ? await measureLogPages(folder, Number(flags.log))
      : flags.soak === undefined
        ? await compare()
        : await soak(join(folder, 'soak'), { minutes: Number(flags.soak), rate: Number(flags.rate), connections })
  const machine = describeMachine()
  if (flags.json) console.log(JSON.stringify({ machine, ...report }))
  else console.log(`${machineLine(machine)}\n${JSON.stringify(report, null, 2)}`)
} finally {
  await postgres?.stop()
  rmSync(folder, { recursive: true, force: true })
}

/** All targets are loaded in turn, round after round, so that whatever else the machine does befalls each of them. */
async function compare() {
  const running = new Map<Target, RunningTarget>()
  let size = 0
  for (const kind of TARGETS.toReversed()) {
    if (kind === 'postgres' && !postgres) continue
    const where = kind === 'postgres' && postgres ? await postgres.newDatabase() : join(folder, kind)
    const target = await runTarget(kind, where, size)
    running.set(kind, target)
    size ||= await answerLength(target)
  }
  const measured = new Map<Target, Round[]>()
  for (let round = 0; round <= rounds; round++)
    for (const [kind, target] of running) {
      const result = await load(target, { seconds: round === 0 ? 2 : seconds, connections })
      if (result.failed > 0) throw new Error(`${kind}: ${result.failed} requests failed`)
      // The first round warms up.
      if (round > 0) measured.set(kind, [...(measured.get(kind) ?? []), result])
    }
  for (const target of running.values()) await target.stop()
  const bare = measured.get('bare') ?? []
  const rows = [...measured].map(([kind, results]) => ({
    target: kind,
    rate: Math.round(median(results.map(({ rate }) => rate))),
    p50_ms: median(results.map(({ p50 }) => p50)),
    p99_ms: median(results.map(({ p99 }) => p99)),
    of_bare: Number(median(results.map(({ rate }, index) => rate / (bare[index]?.rate ?? Number.NaN))).toFixed(2)),
  }))
  return { connections, seconds, rounds, answer_characters: size, rows }
}

function median(values: readonly number[]): number {
  return values.toSorted((a, b) => a - b)[values.length >> 1] ?? Number.NaN
}
