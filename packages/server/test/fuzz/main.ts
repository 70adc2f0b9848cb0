// `npm run --silent fuzz [-- --requests 100000] [--seed 1] [--json]`: exit code 1 if any answer was wrong.
import { parseArgs } from 'node:util'
import { fuzz } from './fuzz.ts'

const { values: flags } = parseArgs({
  options: {
    requests: { type: 'string', default: '100000' },
    seed: { type: 'string', default: '1' },
    json: { type: 'boolean', default: false },
  },
})
const report = await fuzz({
  requests: wholeNumber('requests', flags.requests),
  seed: wholeNumber('seed', flags.seed),
  onProgress: (done) => process.stderr.isTTY && process.stderr.write(`\r\x1b[K${done} requests`),
})
if (process.stderr.isTTY) process.stderr.write('\r\x1b[K')
if (flags.json) console.log(JSON.stringify(report))
else {
  const statuses = Object.entries(report.statuses).map(([status, count]) => `${status}: ${count}`)
  console.log(`${report.requests} requests in ${report.seconds} s, seed ${report.seed}
answers ${statuses.join(', ')}
${report.routesDone} routes answered 200 at least once; the slowest answer was ${report.slowest.route} after ${report.slowest.ms} ms
${report.faults.length === 0 ? 'No fault.' : `Faults:\n${report.faults.join('\n\n')}`}`)
}
if (report.faults.length > 0) process.exitCode = 1

function wholeNumber(name: string, text: string): number {
  const value = Number(text)
  if (Number.isSafeInteger(value) && value >= 1) return value
  console.error(`fuzz: --${name} needs a whole number of at least 1, not ${text}`)
  return process.exit(2)
}
