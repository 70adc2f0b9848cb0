import {
  type BacktestJob,
  type BacktestRequest,
  type Constraint,
  constraintInputSchema,
  type Policy,
} from '@bighub/core/protocol'
import type { EngineCore } from '../engine-core.ts'
import type { EvaluationKept } from '../engine-state.ts'
import type { JobRun } from '../jobs/job-runner.ts'
import type { LogRecord } from '../storage/storage.ts'
import { type Changes, type Redecided, Redecider } from './redecide.ts'

/** Decisions that are replayed unless the request says otherwise. */
const DECISIONS = 10_000
/** Records that are replayed before everything else gets its turn. */
const CHUNK = 250

type Result = NonNullable<BacktestJob['result']>
type Side = Result['base']

/**
 * The newest decisions of the organisation's own log again, under other rules or another policy: what would have been advised,
 * and what is known to have come of the calls that would have been stopped. One fold of the whole log; those before only teach.
 *
 * Decisions whose words were erased cannot be judged by rules again; they are counted in `erased` and nowhere else.
 */
export async function runBacktest(
  core: EngineCore,
  run: JobRun,
  request: BacktestRequest,
): Promise<Result & { readonly erased: number }> {
  await core.projected()
  const until = (await core.sequencer()).head.seq
  const first = await firstReplayed(core, request.decisions ?? DECISIONS)
  const redecider = new Redecider(toChanges(request))
  const state = core.newState()
  const tally = new Tally()
  for (let after = 0; after < until; ) {
    const records = await core.storage.readAfter(after, Math.min(CHUNK, until - after))
    const last = records.at(-1)
    if (!last) break
    const labels = last.seq >= first ? await outcomesOf(core, records) : NO_LABELS
    for (const record of records) {
      if (record.type === 'evaluation' && record.seq >= first)
        tally.add(record, redecider.redecide(record, state), labels.get(record.subject) ?? null)
      else redecider.observe(record, state)
      state.apply(record)
    }
    after = last.seq
    await run.progress(after)
  }
  return tally.result()
}

const NO_LABELS: ReadonlyMap<string, 0 | 1> = new Map()

/** Number of the first record that is decided again. */
async function firstReplayed({ storage }: EngineCore, decisions: number): Promise<number> {
  const row = await storage.database
    .selectFrom('decisions')
    .where('organisation', '=', storage.organisation)
    .where('source', '=', 'evaluation')
    .select('seq')
    .orderBy('seq', 'desc')
    .offset(decisions - 1)
    .limit(1)
    .executeTakeFirst()
  return row?.seq ?? 0
}

/** What is known today of the decisions that begin in these records: 1 bad, 0 good. */
async function outcomesOf({ storage }: EngineCore, records: readonly LogRecord[]): Promise<ReadonlyMap<string, 0 | 1>> {
  const rows = await storage.database
    .selectFrom('decisions')
    .where('organisation', '=', storage.organisation)
    .where('seq', '>=', records[0]?.seq ?? 0)
    .where('seq', '<=', records.at(-1)?.seq ?? 0)
    .where('outcome_category', 'in', ['positive', 'negative'])
    .select(['request_id', 'outcome_category'])
    .execute()
  return new Map(rows.map((row) => [row.request_id, row.outcome_category === 'negative' ? 1 : 0]))
}

/** What a backtest's request changes. @throws ZodError-free: the request was read by the route table's schema. */
export function toChanges(request: BacktestRequest): Changes {
  return {
    // Read by the schema of updates, which leaves absent what is not to change.
    policy: (request.policy ?? {}) as Partial<Policy>,
    added: (request.constraints ?? []).map((input, index) => toRule(input, index)),
    without: new Set(request.without_constraints),
  }
}

/** A rule as if it were stored; it never is. */
function toRule(input: unknown, index: number): Constraint {
  const rule = constraintInputSchema.parse(input)
  return {
    ...rule,
    rule_id: `backtest_${index + 1}`,
    name: rule.name ?? `rule ${index + 1} of the backtest`,
    status: rule.status ?? 'active',
    version: 1,
    created_at: '',
    updated_at: '',
    usage_today: 0,
    usage_total: 0,
    blocked_today: 0,
    blocked_total: 0,
    remaining_today: null,
    last_used_at: null,
  }
}

/** Counts both sides. */
class Tally {
  #decisions = 0
  #withOutcome = 0
  #differing = 0
  #erased = 0
  readonly #base = emptySide()
  readonly #changed = emptySide()

  add(record: LogRecord, changed: Redecided | null, label: 0 | 1 | null): void {
    if (!changed) {
      this.#erased++
      return
    }
    const base = record.kept as unknown as EvaluationKept
    this.#decisions++
    if (label !== null) this.#withOutcome++
    if (base.recommendation !== changed.recommendation) this.#differing++
    count(this.#base, base, base.value, label)
    count(this.#changed, changed, base.value, label)
  }

  result(): Result & { readonly erased: number } {
    return {
      decisions: this.#decisions,
      with_outcome: this.#withOutcome,
      base: this.#base,
      changed: this.#changed,
      differing: this.#differing,
      erased: this.#erased,
    }
  }
}

function emptySide(): Side {
  return { by_recommendation: {}, held: 0, blocked: 0, harm_stopped: 0, value_stopped: 0, good_blocked: 0 }
}

function count(side: Side, { recommendation, result }: Redecided, value: number | null, label: 0 | 1 | null): void {
  side.by_recommendation[recommendation] = (side.by_recommendation[recommendation] ?? 0) + 1
  if (result === 'allowed') return
  if (result === 'blocked') side.blocked++
  else side.held++
  if (label === 1) {
    side.harm_stopped++
    side.value_stopped += value ?? 0
  } else if (label === 0 && result === 'blocked') side.good_blocked++
}
