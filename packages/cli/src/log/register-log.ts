import { createWriteStream } from 'node:fs'
import { resolve } from 'node:path'
import { Readable } from 'node:stream'
import { pipeline } from 'node:stream/promises'
import { createGzip } from 'node:zlib'
import type { EventItem } from '@bighub/core/protocol'
import { BEFORE_FIRST_EVENT } from '@bighub/core/protocol'
import type { Command } from 'commander'
import { addCommand } from '../place/add-command.ts'
import { type PlaceFlags, withDecisions, withEngine } from '../place/open-decisions.ts'
import { print } from '../place/print.ts'

interface Flags extends PlaceFlags {
  readonly json?: boolean
}

/** `bighub log`: the chained record of everything. */
export function registerLog(program: Command): void {
  const log = program.command('log').description('The chained log of decisions, answers and outcomes')
  addCommand(log, 'tail', 'Show events as they happen, until interrupted')
    .option('--from-start', 'begin with the oldest event')
    .action(tail)
  addCommand(
    log,
    'verify',
    'Check that no record was changed, dropped or put in between, and that what was learned follows from them',
  )
    .addHelpText('after', '\nExits with 3 where something is wrong.')
    .action(verify)
  addCommand(log, 'export', 'Write the whole log as JSON lines; `bighub backtest` reads them')
    .argument('[file]', 'compressed where it ends in .gz; without one, standard output')
    .action(exportLog)
}

async function tail({ json, fromStart, ...place }: Flags & { fromStart?: boolean }): Promise<void> {
  const stop = new AbortController()
  process.once('SIGINT', () => stop.abort())
  process.once('SIGTERM', () => stop.abort())
  await withDecisions(place, async (api) => {
    const events = api.subscribe({ after: fromStart ? BEFORE_FIRST_EVENT : null, signal: stop.signal })
    for await (const event of events) print(json, event, () => lineOf(event))
  })
}

async function verify({ json, ...place }: Flags): Promise<void> {
  const found = await withEngine(place, async (engine) => ({
    log: await engine.verifyLog(),
    state: await engine.verifyState(),
  }))
  const { log, state } = found
  print(json, found, () =>
    [
      log.valid
        ? `The log is whole: ${log.records} records, each with the hash of the one before.`
        : `The log is broken at record ${log.fault?.seq}: ${log.fault?.problem.replaceAll('_', ' ')}. ${log.records} records before it are in order.`,
      state.equal
        ? 'What was learned is exactly what a fold of the log gives.'
        : 'What was learned differs from a fold of the log; learning recompute puts the fold in its place.',
    ].join('\n'),
  )
  if (!log.valid || !state.equal) process.exitCode = 3
}

async function exportLog(file: string | undefined, { json, ...place }: Flags): Promise<void> {
  await withEngine(place, async (engine) => {
    let records = -1
    async function* lines(): AsyncGenerator<string> {
      for await (const line of engine.exportLog()) {
        records++
        yield `${line}\n`
      }
    }
    if (file === undefined) {
      for await (const line of lines())
        if (!process.stdout.write(line)) await new Promise((done) => process.stdout.once('drain', done))
      return
    }
    const out = createWriteStream(resolve(process.env['INIT_CWD'] ?? '.', file), { flags: 'wx' })
    await (file.endsWith('.gz')
      ? pipeline(Readable.from(lines()), createGzip(), out)
      : pipeline(Readable.from(lines()), out))
    print(json, { file, records }, () => `${records} records written to ${file}`)
  })
}

function lineOf(event: EventItem): string {
  const about = [event.action, event.actor && `by ${event.actor}`].filter(Boolean).join(' ')
  return [event.event_id, event.event_type, event.request_id, about, event.reason].filter(Boolean).join('  ')
}
