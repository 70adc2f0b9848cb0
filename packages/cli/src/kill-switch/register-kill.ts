import type { Command } from 'commander'
import { addCommand } from '../place/add-command.ts'
import { type PlaceFlags, withDecisions } from '../place/open-decisions.ts'
import { print, table } from '../place/print.ts'
import { userName } from '../place/user-name.ts'

interface Flags extends PlaceFlags {
  readonly json?: boolean
}

/** `bighub kill`: stop everything, or one domain, at once. */
export function registerKill(program: Command): void {
  const kill = program.command('kill').description('Stop guarded calls at once, and let them run again')
  addCommand(kill, 'status', 'The switches that are active').action(status)
  addCommand(kill, 'on', 'Stop every guarded call from the next evaluation on')
    .option('--domain <domain>', 'only those of one domain')
    .requiredOption('--reason <text>', 'why; the log and every refusal name it')
    .action(turnOn)
  addCommand(kill, 'off', 'Take a switch back').argument('<switch_id>').option('--reason <text>').action(turnOff)
}

async function status(flags: Flags): Promise<void> {
  const found = await withDecisions(flags, (api) => api.killSwitch.status())
  print(flags.json, found, () =>
    table(
      ['SWITCH', 'STOPS', 'REASON'],
      found.active_switches.map((each) => [each.switch_id, each.domain ?? 'everything', each.reason]),
      'No switch is active.',
    ),
  )
}

async function turnOn({ json, domain, reason, ...place }: Flags & { domain?: string; reason: string }): Promise<void> {
  const body = domain === undefined ? { reason } : { reason, scope: 'domain' as const, domain }
  const made = await withDecisions(place, (api) => api.killSwitch.activate(body, { by: userName() }))
  print(
    json,
    made,
    () => `${made.switch_id} stops ${domain ?? 'everything'}; bighub kill off ${made.switch_id} ends that`,
  )
}

async function turnOff(id: string, { json, reason, ...place }: Flags & { reason?: string }): Promise<void> {
  const done = await withDecisions(place, (api) =>
    api.killSwitch.deactivate(id, reason === undefined ? {} : { reason }, { by: userName() }),
  )
  print(json, done, () => `${id} is off`)
}
