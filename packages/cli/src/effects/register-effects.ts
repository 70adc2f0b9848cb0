import { userInfo } from 'node:os'
import { type Effect, type EffectState, effectStateSchema } from '@bighub/core/protocol'
import { type Command, InvalidArgumentError, Option } from 'commander'
import { alignRows } from '../backtest/align-rows.ts'
import { addPlaceOptions, type PlaceFlags, withDecisions } from './open-decisions.ts'

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
  addPlaceOptions(effects.command('list'))
    .description('Calls that were claimed, newest first')
    .addOption(new Option('--state <state>', 'only those in this state').choices(effectStateSchema.options))
    .option('--limit <n>', 'most calls to show', readLimit, 100)
    .option('--json', 'one JSON object: effects, total, limit')
    .action(list)
  addPlaceOptions(effects.command('resolve'))
    .description('Say what an unknown or aborted call came to, once you have looked at the real system')
    .argument('<effect_id>', 'as the list shows it')
    .addOption(
      new Option('--as <state>', 'what it came to').choices(['succeeded', 'failed', 'not_run']).makeOptionMandatory(),
    )
    .option('--summary <text>', 'how you know; kept with the decision')
    .option('--json', 'the effect as JSON')
    .action(resolve)
}

async function list({ state, limit, json, ...place }: ListFlags): Promise<void> {
  const found = await withDecisions(place, (api) =>
    api.effects.list({ limit, ...(state === undefined ? {} : { state }) }),
  )
  if (json) return console.log(JSON.stringify(found))
  if (found.effects.length === 0) return console.log(state === undefined ? 'No calls.' : `No calls are ${state}.`)
  const rows = found.effects.map((each) => [each.effect_id, each.state, each.claimed_at, wordsOf(each)])
  for (const row of alignRows([['EFFECT', 'STATE', 'CLAIMED', 'CALL'], ...rows])) console.log(row)
  if (found.total > found.effects.length) console.log(`${found.total - found.effects.length} more; see --limit`)
}

async function resolve(effectId: string, { as: state, summary, json, ...place }: ResolveFlags): Promise<void> {
  const effect = await withDecisions(place, (api) =>
    // A server knows who asks from the key; in process it is whoever runs the command.
    api.effects.resolve(
      effectId,
      { state, ...(summary === undefined ? {} : { summary }) },
      { by: userInfo().username },
    ),
  )
  console.log(json ? JSON.stringify(effect) : `${effect.effect_id} ${effect.state}: ${wordsOf(effect)}`)
}

/** A call in a few words: what, on what, how much. */
function wordsOf({ tool, action, target, value }: Effect): string {
  return [tool ?? action ?? '(erased)', target, value].filter((each) => each !== null && each !== undefined).join(' ')
}

function readLimit(text: string): number {
  if (!/^[1-9]\d{0,3}$/.test(text) || Number(text) > 1000)
    throw new InvalidArgumentError('It needs a whole number of 1 to 1000.')
  return Number(text)
}
