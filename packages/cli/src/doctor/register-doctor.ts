import type { Command } from 'commander'
import { addCommand } from '../place/add-command.ts'
import { type PlaceFlags, withDecisions, withEngine } from '../place/open-decisions.ts'
import { print } from '../place/print.ts'
import { type Check, checkStore, checkWiring } from './checks.ts'

interface Flags extends PlaceFlags {
  readonly json?: boolean
}

/** `bighub doctor`: whether everything stands as it should, with the proof that a block blocks. */
export function registerDoctor(program: Command): void {
  addCommand(program, 'doctor', 'Check store, log and open ends, and prove that a block blocks')
    .addHelpText(
      'after',
      '\nStops the domain bighub-doctor for a moment, drives a guarded call through the real store or server, and looks whether it ran.\nExits with 3 where a check fails.',
    )
    .action(examine)
}

async function examine(flags: Flags): Promise<void> {
  const { json, ...place } = flags
  const checks: Check[] = []
  if (place.url === undefined) checks.push(...(await withEngine(place, checkStore)))
  checks.push(...(await withDecisions(place, checkWiring)))
  const isWell = checks.every((check) => check.result !== 'fails')
  print(json, { is_well: isWell, checks }, () =>
    checks.map(({ name, result, says }) => `${MARKS[result]}  ${name.padEnd(9)} ${says}`).join('\n'),
  )
  if (!isWell) process.exitCode = 3
}

const MARKS: Readonly<Record<Check['result'], string>> = { holds: 'ok   ', look: 'look ', fails: 'FAILS' }
