// `npm run --silent torture:kill [-- --kills 200] [--seed 1] [--json]`: exit code 1 if anything acknowledged was lost.
import { parseArgs } from 'node:util'
import { describeMachine, machineLine } from '../machine.ts'
import { torture } from './torture.ts'

const { values: flags } = parseArgs({
  options: {
    kills: { type: 'string', default: '200' },
    seed: { type: 'string', default: '1' },
    json: { type: 'boolean', default: false },
  },
})
const [kills, seed] = [wholeNumber('kills', flags.kills), wholeNumber('seed', flags.seed)]
const report = await torture({
  kills,
  seed,
  onKill: (done) => process.stderr.isTTY && process.stderr.write(`\r\x1b[K${done} of ${kills} kills`),
})
if (process.stderr.isTTY) process.stderr.write('\r\x1b[K')
const machine = describeMachine()
if (flags.json) console.log(JSON.stringify({ machine, ...report }))
else {
  const { evaluations, answers, outcomes } = report.acknowledged
  console.log(machineLine(machine))
  console.log(`
${report.kills} kills (${report.kills_at_start} before the first call) in ${report.seconds} s, seed ${seed}
acknowledged and found again: ${evaluations} evaluations, ${answers} answers to holds, ${outcomes} outcomes
${report.executions} tool executions, none twice unless said below; ${report.effects_unknown} effects of dead processes are unknown
${report.records} records; chain and learned state were verified ${report.checks} times

${report.violations.length === 0 ? 'No violation.' : `Violations:\n${report.violations.map((each) => `  ${each}`).join('\n')}`}`)
}
if (report.violations.length > 0) process.exitCode = 1

function wholeNumber(name: string, text: string): number {
  const value = Number(text)
  if (Number.isInteger(value) && value >= 1) return value
  console.error(`torture:kill: --${name} needs a whole number of at least 1, not ${text}`)
  return process.exit(2)
}
