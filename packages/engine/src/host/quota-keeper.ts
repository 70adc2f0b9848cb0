import { DEFAULT_ACTOR, PlanLimitError, type Quotas } from '@bighub/core/protocol'
import type { TablesOf } from './idempotency.ts'

/** How old the store's count may be: other processes on it may have gone over a quota for this long. */
const RECOUNT_MS = 30_000

/** What an organisation has used this month. */
interface Usage {
  readonly month: number
  countedAt: number
  evaluations: number
  readonly agents: Set<string>
}

/** Counts an organisation's evaluations and agents of the calendar month (UTC), and refuses what goes beyond its quotas. */
export class QuotaKeeper {
  readonly #tablesOf: TablesOf
  readonly #now: () => number
  readonly #usage = new Map<string, Usage>()

  constructor(tablesOf: TablesOf, now: () => number) {
    this.#tablesOf = tablesOf
    this.#now = now
  }

  /**
   * Makes room for evaluations by these actors, or none of them.
   *
   * @returns what gives the evaluations back, since they were not made.
   * @throws PlanLimitError with the time until the month ends.
   */
  async take(organisation: string, quotas: Quotas, actors: readonly string[]): Promise<() => void> {
    const usage = await this.#usageOf(organisation)
    const { evaluationsPerMonth, agents } = quotas
    if (evaluationsPerMonth !== null && usage.evaluations + actors.length > evaluationsPerMonth)
      throw this.#overLimit(`${evaluationsPerMonth} evaluations a month`)
    if (agents !== null) {
      const fresh = new Set(actors.filter((actor) => !usage.agents.has(actor)))
      if (fresh.size > 0 && usage.agents.size + fresh.size > agents) throw this.#overLimit(`${agents} agents a month`)
      for (const actor of fresh) usage.agents.add(actor)
    }
    usage.evaluations += actors.length
    return () => {
      // An agent that only made a mistake was seen all the same.
      usage.evaluations -= actors.length
    }
  }

  async #usageOf(organisation: string): Promise<Usage> {
    const month = startOfMonth(this.#now(), 0)
    const known = this.#usage.get(organisation)
    if (known?.month === month && this.#now() - known.countedAt < RECOUNT_MS) return known
    const stored = await this.#count(organisation, month)
    // Others may have begun meanwhile, and what was decided here just now may not have reached the table yet.
    const latest = this.#usage.get(organisation)
    const usage = latest?.month === month ? latest : { month, countedAt: 0, evaluations: 0, agents: new Set<string>() }
    usage.countedAt = this.#now()
    usage.evaluations = Math.max(usage.evaluations, stored.evaluations)
    for (const agent of stored.agents) usage.agents.add(agent)
    this.#usage.set(organisation, usage)
    return usage
  }

  async #count(organisation: string, month: number): Promise<{ evaluations: number; agents: string[] }> {
    const { database, organisation: number } = await this.#tablesOf(organisation)
    const rows = await database
      .selectFrom('decisions')
      .select((eb) => ['actor', eb.fn.countAll<number | string>().as('count')])
      .where('organisation', '=', number)
      .where('at', '>=', month)
      .where('source', '=', 'evaluation')
      .groupBy('actor')
      .execute()
    return {
      evaluations: rows.reduce((sum, { count }) => sum + Number(count), 0),
      agents: rows.flatMap(({ actor }) => actor ?? []),
    }
  }

  #overLimit(what: string): PlanLimitError {
    const seconds = Math.ceil((startOfMonth(this.#now(), 1) - this.#now()) / 1000)
    return new PlanLimitError(`the organisation's plan has ${what}; all are used until the month ends`, seconds)
  }
}

/** @throws PlanLimitError if a change of the policy would keep words for longer than the plan does. */
export function assertHistory({ historyDays }: Quotas, change: unknown): void {
  const { retention_days: days } = (change ?? {}) as { readonly retention_days?: unknown }
  // What has the wrong form is refused elsewhere.
  const isLonger = days === null || (typeof days === 'number' && days > (historyDays ?? Number.POSITIVE_INFINITY))
  if (historyDays === null || !isLonger) return
  const wanted = days === null ? 'forever' : `for ${days} days`
  throw new PlanLimitError(
    `the organisation's plan keeps ${historyDays} days of history; retention_days cannot keep it ${wanted}`,
    DAY_SECONDS,
  )
}

/** A plan is not changed by waiting; asking again sooner is pointless. */
const DAY_SECONDS = 86_400

function startOfMonth(now: number, later: number): number {
  const date = new Date(now)
  return Date.UTC(date.getUTCFullYear(), date.getUTCMonth() + later)
}

/** Actors of the evaluations that an evaluation or a batch of them makes. What has a wrong form is refused elsewhere. */
export function evaluatedActors(method: 'evaluate' | 'evaluateBatch', body: unknown): string[] {
  const { actions, actor } = (body ?? {}) as Readonly<Record<string, unknown>>
  if (method === 'evaluate') return actorsOf(body, undefined)
  return Array.isArray(actions) ? actions.flatMap((action) => actorsOf(action, actor)) : []
}

/** A dry run is nobody's evaluation. */
function actorsOf(action: unknown, otherwise: unknown): string[] {
  const { actor, dry_run } = (action ?? {}) as Readonly<Record<string, unknown>>
  if (dry_run === true) return []
  const name = actor ?? otherwise
  return [typeof name === 'string' && name !== '' ? name : DEFAULT_ACTOR]
}
