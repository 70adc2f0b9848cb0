import type { Command } from 'commander'
import { addCommand } from '../place/add-command.ts'
import { type PlaceFlags, withDecisions } from '../place/open-decisions.ts'
import { print } from '../place/print.ts'
import { userName } from '../place/user-name.ts'

interface Flags extends PlaceFlags {
  readonly json?: boolean
  readonly actor?: string
  readonly target?: string
  readonly request?: string[]
  readonly before?: string
  readonly reason: string
  readonly yes?: boolean
}

/** `bighub erase`: words of records, on a person's request; what was learned and the chain stay. */
export function registerErase(program: Command): void {
  addCommand(program, 'erase', 'Erase the words of records; what was learned stays, and the chain still verifies')
    .option('--actor <actor>', 'those of one actor')
    .option('--target <target>', 'those about one target')
    .option('--request <id...>', 'those of these decisions')
    .option('--before <time>', 'those before a time, ISO 8601')
    .requiredOption('--reason <text>', 'why; the log keeps it')
    .option('--yes', 'really do it: there is no way back')
    .addHelpText('after', '\nWhat is named must all hold. Nothing is erased without --yes.')
    .action(erase)
}

async function erase({ json, actor, target, request, before, reason, yes, ...place }: Flags): Promise<void> {
  if (!yes) throw new Error('erasing cannot be undone; say --yes to do it')
  const job = await withDecisions(place, (api) =>
    api.operations.erase(
      {
        reason,
        async_mode: false,
        ...(actor === undefined ? {} : { actor }),
        ...(target === undefined ? {} : { target }),
        ...(request === undefined ? {} : { request_ids: request }),
        ...(before === undefined ? {} : { before }),
      },
      { by: userName() },
    ),
  )
  print(json, job, () => `${job.erased} ${job.erased === 1 ? 'record' : 'records'} erased`)
}
