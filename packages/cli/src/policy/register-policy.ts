import type { PatchPolicyRequest, PromiseReport } from '@bighub/core/protocol'
import type { Command } from 'commander'
import { addCommand } from '../place/add-command.ts'
import { type PlaceFlags, withDecisions } from '../place/open-decisions.ts'
import { percent, print } from '../place/print.ts'
import { readJsonFile, readJsonObject } from '../place/read-options.ts'
import { userName } from '../place/user-name.ts'

interface Flags extends PlaceFlags {
  readonly json?: boolean
}

/** `bighub policy`: what the operator decides apart from rules. */
export function registerPolicy(program: Command): void {
  const policy = program
    .command('policy')
    .description('Costs, bounds, promises, approvals: what decides apart from rules')
  addCommand(policy, 'show', 'The policy in force, and how its promises are kept').action(show)
  addCommand(policy, 'set', 'Change fields of the policy; it holds from the next evaluation on')
    .option('--file <file>', 'JSON file with the fields to change')
    .option('--fields <json>', 'the fields to change, such as \'{"max_bad_rate":0.01}\'', readJsonObject)
    .option('--reason <text>', 'why; kept with the version')
    .addHelpText('after', '\nTry a change first: bighub backtest --policy FILE LOG, or the simulator of the dashboard.')
    .action(set)
}

async function show(flags: Flags): Promise<void> {
  const found = await withDecisions(flags, (api) => api.policy.get())
  print(flags.json, found, () =>
    [
      `version ${found.version}${found.changed_at ? `, changed ${found.changed_at} by ${found.changed_by ?? 'nobody named'}` : ''}`,
      JSON.stringify(found.policy, null, 2),
      ...(found.promises ?? []).map(describe),
    ].join('\n'),
  )
}

async function set({
  file,
  fields,
  reason,
  json,
  ...place
}: Flags & { file?: string; fields?: object; reason?: string }): Promise<void> {
  if ((file === undefined) === (fields === undefined))
    throw new Error('name the fields to change: either --file or --fields')
  // The engine checks the fields and names the one that is wrong.
  const update = (file === undefined ? fields : readJsonFile(file)) as PatchPolicyRequest
  const found = await withDecisions(place, (api) =>
    api.policy.update({ ...update, ...(reason === undefined ? {} : { reason }) }, { by: userName() }),
  )
  print(json, found, () => `version ${found.version} of the policy is in force`)
}

function describe({
  domain,
  max_bad_rate: most,
  status,
  reason,
  bad_rate: rate,
  with_outcome: known,
}: PromiseReport): string {
  const scope = domain === null ? '' : ` in ${domain}`
  return `promise${scope}: at most ${percent(most)} bad among calls that run unasked: ${status.replaceAll('_', ' ')} (${reason}); ${percent(rate)} of ${known} known`
}
