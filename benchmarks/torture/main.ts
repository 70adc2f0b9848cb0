// `npm run --silent torture [-- --runs 10000] [--seed 1] [--adapters bare,langchain] [--json]`: guarded calls whose processes are killed.
// Exit code 1 if one was lost, doubled, wrong or unapproved.
import { parseArgs } from 'node:util'
import { describeMachine, machineLine } from '../machine.ts'
import { ADAPTERS, type Adapter } from './calls/agents/index.ts'
import { type CallFigures, NO_CALLS } from './calls/judge-calls.ts'
import { type AdapterReport, tortureCalls } from './calls/torture-calls.ts'

const { values: flags } = parseArgs({
  options: {
    runs: { type: 'string', default: '10000' },
    seed: { type: 'string', default: '1' },
    adapters: { type: 'string', default: ADAPTERS.join(',') },
    json: { type: 'boolean', default: false },
  },
})
const [runs, seed] = [wholeNumber('runs', flags.runs), wholeNumber('seed', flags.seed)]
const reports = await tortureAll(readAdapters(flags.adapters))
say('')

const COLUMNS = Object.keys(NO_CALLS) as (keyof CallFigures)[]
// One sum for each of its columns; entries do not keep their names' type.
const all = Object.fromEntries(
  COLUMNS.map((name) => [name, [...reports.values()].reduce((sum, each) => sum + each[name], 0)]),
) as unknown as CallFigures
const violations = [...reports].flatMap(([adapter, each]) => each.violations.map((text) => `${adapter}: ${text}`))
if (flags.json)
  console.log(JSON.stringify({ machine: describeMachine(), seed, adapters: Object.fromEntries(reports), all }))
else {
  console.log(`${machineLine(describeMachine())}\n`)
  console.log(['adapter'.padEnd(14), ...COLUMNS.map((name) => name.padStart(10)), 'kills', 'seconds'].join(' '))
  for (const [adapter, each] of reports)
    console.log(
      [adapter.padEnd(14), ...COLUMNS.map((name) => String(each[name]).padStart(10)), each.kills, each.seconds].join(
        ' ',
      ),
    )
  console.log(['all'.padEnd(14), ...COLUMNS.map((name) => String(all[name]).padStart(10))].join(' '))
  console.log(
    violations.length === 0 ? '\nNo violation.' : `\nViolations:\n${violations.map((text) => `  ${text}`).join('\n')}`,
  )
}
if (violations.length > 0) process.exitCode = 1

/** Two adapters at a time: their processes wait more than they work. */
async function tortureAll(adapters: readonly Adapter[]): Promise<Map<Adapter, AdapterReport>> {
  const found = new Map<Adapter, AdapterReport>()
  const progress = new Map<Adapter, number>()
  const waiting = [...adapters]
  await Promise.all(
    [1, 2].map(async () => {
      for (let adapter = waiting.shift(); adapter; adapter = waiting.shift()) {
        const name = adapter
        const onKill = (done: number): void => {
          progress.set(name, done)
          say(
            [...progress].map(([each, count]) => `${each} ${count}`).join(', ') + ` of ${runs} calls killed in flight`,
          )
        }
        found.set(name, await tortureCalls(name, { runs, seed, onKill }))
      }
    }),
  )
  return new Map([...found].toSorted(([a], [b]) => adapters.indexOf(a) - adapters.indexOf(b)))
}

/** How far it is, on a terminal only. */
function say(text: string): void {
  if (process.stderr.isTTY) process.stderr.write(`\r\x1b[K${text}`)
}

function readAdapters(text: string): readonly Adapter[] {
  const wanted = text.split(',')
  const unknown = wanted.find((name) => !ADAPTERS.some((adapter) => adapter === name))
  if (unknown === undefined) return ADAPTERS.filter((adapter) => wanted.includes(adapter))
  console.error(`torture: --adapters knows ${ADAPTERS.join(', ')}, not ${unknown}`)
  return process.exit(2)
}

function wholeNumber(name: string, text: string): number {
  const value = Number(text)
  if (Number.isInteger(value) && value >= 1) return value
  console.error(`torture: --${name} needs a whole number of at least 1, not ${text}`)
  return process.exit(2)
}
