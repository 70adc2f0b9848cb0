import { type EffectState, effectStateSchema } from '@bighub/core/protocol'
import { type Command, Option } from 'commander'
import { addCommand } from '../place/add-command.ts'
import { type PlaceFlags, withDecisions } from '../place/open-decisions.ts'
import { callWords, print, table } from '../place/print.ts'
import { readLimit } from '../place/read-options.ts'
import { userName } from '../place/user-name.ts'

interface ListFlags extends PlaceFlags {
  readonly state?: EffectState
  readonly limit: number
  readonly json?: boolean
}

interface ResolveFlags extends PlaceFlags {
  readonly as: 'succeeded' | 'failed' | 'not_run'
  readonly summary?: string
  readonly json?: boolean
}

/** `bighub effects`: which calls ran, which nobody knows about, and what those came to. */
export function registerEffects(program: Command): void {
  const effects = program
    .command('effects')
    .description('Show which guarded calls were claimed to run, and say what unknown ones came to')
  addCommand(effects, 'list', 'Calls that were claimed, newest first')
    .addOption(new Option('--state <state>', 'only those in this state').choices(effectStateSchema.options))
    .option('--limit <n>', 'most calls to show', readLimit, 100)
    .action(list)
  addCommand(effects, 'resolve', 'Say what an unknown or aborted call came to, once you have looked at the real system')
    .argument('<effect_id>', 'as the list shows it')
    .addOption(
      new Option('--as <state>', 'what it came to').choices(['succeeded', 'failed', 'not_run']).makeOptionMandatory(),
    )
    .option('--summary <text>', 'how you know; kept with the decision')
    .action(resolve)
}

async function list({ state, limit, json, ...place }: ListFlags): Promise<void> {
  const found = await withDecisions(place, (api) =>
    api.effects.list({ limit, ...(state === undefined ? {} : { state }) }),
  )
  print(json, found, () => {
    const rows = found.effects.map((each) => [each.effect_id, each.state, each.claimed_at, callWords(each)])
    const more = found.total - found.effects.length
    return [
      table(['EFFECT', 'STATE', 'CLAIMED', 'CALL'], rows, state === undefined ? 'No calls.' : `No calls are ${state}.`),
      ...(more > 0 ? [`${more} more; see --limit`] : []),
    ].join('\n')
  })
}

async function resolve(effectId: string, { as: state, summary, json, ...place }: ResolveFlags): Promise<void> {
  const effect = await withDecisions(place, (api) =>
    // A server knows who asks from the key; in process it is whoever runs the command.
    api.effects.resolve(effectId, { state, ...(summary === undefined ? {} : { summary }) }, { by: userName() }),
  )
  print(json, effect, () => `${effect.effect_id} ${effect.state}: ${callWords(effect)}`)
}
