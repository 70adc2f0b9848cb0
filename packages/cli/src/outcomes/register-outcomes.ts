import { OUTCOME_TAXONOMY, type OutcomeStatus } from '@bighub/core/protocol'
import { Argument, type Command } from 'commander'
import { addCommand } from '../place/add-command.ts'
import { type PlaceFlags, withDecisions } from '../place/open-decisions.ts'
import { callWords, percent, print, table } from '../place/print.ts'
import { readLimit, readNumber } from '../place/read-options.ts'
import { userName } from '../place/user-name.ts'

interface Flags extends PlaceFlags {
  readonly json?: boolean
}

/** `bighub outcomes`: what is not known yet, and what came of it. */
export function registerOutcomes(program: Command): void {
  const outcomes = program.command('outcomes').description('What came of decisions, and what is not known yet')
  addCommand(outcomes, 'pending', 'Decisions that ran and have no outcome yet, oldest first')
    .option('--min-age-hours <n>', 'only older ones', readNumber)
    .option('--limit <n>', 'most to show', readLimit, 100)
    .action(pending)
  addCommand(outcomes, 'report', 'Tell what came of a decision; a later report corrects an earlier one')
    .argument('<request_id>', 'of the decision')
    .addArgument(new Argument('<status>', 'what it came to').choices(OUTCOME_TAXONOMY.map(({ status }) => status)))
    .option('--description <text>', 'what happened')
    .option('--at <time>', 'when it happened, ISO 8601')
    .action(report)
}

async function pending({
  json,
  minAgeHours,
  limit,
  ...place
}: Flags & { minAgeHours?: number; limit: number }): Promise<void> {
  const found = await withDecisions(place, (api) =>
    api.outcomes.pending({ limit, ...(minAgeHours === undefined ? {} : { min_age_hours: minAgeHours }) }),
  )
  print(json, found, () =>
    table(
      ['DECISION', 'HOURS', 'RISK', 'CALL'],
      found.pending.map((each) => [
        each.request_id,
        each.age_hours.toFixed(1),
        percent(each.risk_score),
        callWords(each),
      ]),
      'Every decision that ran has its outcome.',
    ),
  )
}

async function report(
  requestId: string,
  status: OutcomeStatus,
  { json, description, at, ...place }: Flags & { description?: string; at?: string },
): Promise<void> {
  const found = await withDecisions(place, (api) =>
    api.outcomes.report({
      request_id: requestId,
      status,
      reported_by: userName(),
      ...(description === undefined ? {} : { description }),
      ...(at === undefined ? {} : { observed_at: at }),
    }),
  )
  print(json, found, () => `${found.request_id} ${found.status} (${found.category}) is recorded`)
}
