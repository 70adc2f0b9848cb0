// `npm run --silent bench:promises [-- --json] [--stream NAME]… [FOLDER]`: replays decision streams under the promise that at most an
// eighth, and at most half, of the stream's own bad rate goes wrong among the calls that run unasked. Only the promise decides: every
// other cost is set so high that nothing else holds a call. The replay learns from held calls too, as the streams tell what came of
// them; where they are not known learning is slower, and these figures are an upper bound.
import { basename } from 'node:path'
import { parseArgs } from 'node:util'
import { Backtest, type JudgedDecision, parsePolicyConfiguration, readEvents } from '@bighub/engine'
import { describeMachine, machineLine } from '../machine.ts'
import { findStreams, streamNameOf } from './find-streams.ts'
import { readStream } from './read-stream.ts'

/** Calls in a row that ran unasked; the worst of all such windows is shown. */
const WINDOW = 1000
/** Promises, as shares of the stream's own bad rate. */
const SHARES = [1 / 8, 1 / 2] as const
/** Costs at which risk alone holds nothing. */
const NOTHING_HELD = { caution: 1000, review: 1000, wrong_block: 1000 }

interface PromiseFigures {
  readonly stream: string
  readonly bad_rate: number
  readonly max_bad_rate: number
  /** Among the calls that ran unasked. */
  readonly realised: number
  readonly held: number
  /** Share of all bad calls that was held. */
  readonly bad_stopped: number
  /** Bad rate of the worst 1,000 unasked calls in a row over the promised one; null with fewer. */
  readonly worst_window: number | null
  readonly status: string
}

const { values: flags, positionals } = parseArgs({
  options: { json: { type: 'boolean', default: false }, stream: { type: 'string', multiple: true, default: [] } },
  allowPositionals: true,
})

const results: PromiseFigures[] = []
for (const file of findStreams(positionals[0], flags.stream)) {
  if (process.stderr.isTTY) process.stderr.write(`\r\x1b[K${basename(file)} …`)
  const labels: number[] = readStream(file).flatMap(({ bad }) => bad ?? [])
  const badRate = labels.reduce((sum, bad) => sum + bad, 0) / labels.length
  for (const share of SHARES) results.push(await replay(file, badRate, badRate * share))
}
if (process.stderr.isTTY) process.stderr.write('\r\x1b[K')
const machine = describeMachine()
if (flags.json) console.log(JSON.stringify({ machine, promises: results }))
else {
  console.log(`${machineLine(machine)}\n`)
  console.table(results.map(toRow))
}

async function replay(file: string, badRate: number, maxBadRate: number): Promise<PromiseFigures> {
  const ran: number[] = []
  let [held, heldBad, inWindow, worst] = [0, 0, 0, 0]
  const onScored = (decision: JudgedDecision, label: 0 | 1): void => {
    if (decision.result !== 'allowed') {
      held++
      heldBad += label
      return
    }
    ran.push(label)
    inWindow += label - (ran.at(-WINDOW - 1) ?? 0)
    if (ran.length >= WINDOW) worst = Math.max(worst, inWindow / WINDOW)
  }
  const configuration = parsePolicyConfiguration({ max_bad_rate: maxBadRate, costs: NOTHING_HELD }, 'promise')
  const backtest = new Backtest({ configuration, observer: { onScored } })
  const onBadLine = (line: number, message: string): never => {
    throw new Error(`${file}:${line}: ${message}`)
  }
  for await (const { event } of readEvents(file, { onBadLine })) backtest.add(event)
  const bad = ran.reduce((sum, label) => sum + label, 0)
  return {
    stream: streamNameOf(file),
    bad_rate: badRate,
    max_bad_rate: maxBadRate,
    realised: bad / ran.length,
    held: held / (held + ran.length),
    bad_stopped: heldBad / (heldBad + bad),
    worst_window: ran.length < WINDOW ? null : worst / maxBadRate,
    status: backtest.result().promises[0]?.status ?? 'none',
  }
}

function toRow(each: PromiseFigures): Record<string, string> {
  return {
    stream: each.stream,
    'bad rate': percent(each.bad_rate),
    promised: percent(each.max_bad_rate),
    realised: percent(each.realised),
    held: percent(each.held),
    'bad stopped': percent(each.bad_stopped),
    'worst 1,000 over promised': each.worst_window === null ? '–' : each.worst_window.toFixed(2),
    status: each.status,
  }
}

function percent(share: number): string {
  return `${(100 * share).toFixed(2)} %`
}
