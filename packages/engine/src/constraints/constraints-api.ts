import {
  type Constraint,
  type ConstraintInput,
  type ConstraintUpdate,
  constraintInputSchema,
  constraintUpdateSchema,
  InvalidInputError,
  NotFoundError,
} from '@bighub/core/protocol'
import type * as z from 'zod'
import type { EngineCore } from '../engine-core.ts'
import type { EngineState } from '../engine-state.ts'
import { usageAt } from './rule-usage.ts'

/** Rules: hard limits that make recommendations stricter (protocol §7.11). */
export class ConstraintsApi {
  readonly #core: EngineCore

  constructor(core: EngineCore) {
    this.#core = core
  }

  /** Stores a rule of either form; it applies from the next evaluation on. @throws InvalidInputError naming the field. */
  async create(input: ConstraintInput): Promise<Constraint> {
    const parsed = parse(constraintInputSchema, input)
    return this.#write((_, at, id) => ({
      ...parsed,
      rule_id: `rule_${id}`,
      name: parsed.name ?? 'unnamed rule',
      status: parsed.status ?? 'active',
      version: 1,
      created_at: at,
      updated_at: at,
    }))
  }

  /** Rules in the order they were made, with their counters. */
  async list(filter: { status?: 'active' | 'paused'; domain?: string } = {}): Promise<Constraint[]> {
    const state = await this.#core.state()
    return [...state.constraints.values()]
      .filter((rule) => filter.status === undefined || rule.status === filter.status)
      .filter((rule) => filter.domain === undefined || rule.domain === filter.domain)
      .map((rule) => withUsage(rule, state, this.#core.now()))
  }

  /** @throws NotFoundError */
  async get(ruleId: string): Promise<Constraint> {
    const state = await this.#core.state()
    return withUsage(find(state, ruleId), state, this.#core.now())
  }

  /** Changes the given fields; the version grows by one. @throws InvalidInputError, NotFoundError */
  async update(ruleId: string, update: ConstraintUpdate): Promise<Constraint> {
    const parsed = parse(constraintUpdateSchema, update)
    return this.#write((state, at) => {
      const rule = find(state, ruleId)
      // The rule as a whole must still make sense, so it is read again as if it were new.
      const merged = parse(constraintInputSchema, { ...rule, ...parsed, status: parsed.status ?? rule.status })
      return {
        ...rule,
        ...merged,
        rule_id: rule.rule_id,
        name: merged.name ?? rule.name,
        status: merged.status ?? rule.status,
        created_at: rule.created_at,
        version: rule.version + 1,
        updated_at: at,
      }
    })
  }

  async pause(ruleId: string): Promise<Constraint> {
    return this.update(ruleId, { status: 'paused' })
  }

  async resume(ruleId: string): Promise<Constraint> {
    return this.update(ruleId, { status: 'active' })
  }

  /** @throws NotFoundError */
  async delete(ruleId: string): Promise<{ rule_id: string; status: 'deleted' }> {
    await this.#write((state, at) => {
      const rule = find(state, ruleId)
      return { ...rule, status: 'deleted', version: rule.version + 1, updated_at: at }
    })
    return { rule_id: ruleId, status: 'deleted' }
  }

  async #write(change: (state: EngineState, at: string, id: string) => StoredRule): Promise<Constraint> {
    const core = this.#core
    return core.run({
      plan: (state) => {
        const at = core.now()
        const stored = change(state, new Date(at).toISOString(), core.newId(at))
        const rule = withUsage(stored, state, at)
        return {
          records: [
            {
              type: 'constraint_changed',
              at,
              subject: rule.rule_id,
              kept: { rule: withoutUsage(rule) },
              payload: {},
            },
          ],
          answer: () => rule,
        }
      },
    })
  }
}

type StoredRule = Omit<Constraint, keyof UsageFields> & { rule_id: string; version: number }

interface UsageFields {
  usage_today: number
  usage_total: number
  blocked_today: number
  blocked_total: number
  remaining_today: number | null
  last_used_at: string | null
}

const USAGE_FIELDS: readonly (keyof UsageFields)[] = [
  'usage_today',
  'usage_total',
  'blocked_today',
  'blocked_total',
  'remaining_today',
  'last_used_at',
]

function withUsage(rule: StoredRule | Constraint, state: EngineState, at: number): Constraint {
  const usage = usageAt(state.usageOf(rule.rule_id), state.clock.at(at))
  const most = typeof rule.max_per_day === 'number' ? rule.max_per_day : null
  const counters: UsageFields = {
    usage_today: usage.countDay,
    usage_total: usage.countTotal,
    blocked_today: usage.blockedDay,
    blocked_total: usage.blockedTotal,
    remaining_today: most === null ? null : Math.max(0, most - usage.countDay),
    last_used_at: usage.lastAt === null ? null : new Date(usage.lastAt).toISOString(),
  }
  // StoredRule is a Constraint without exactly these counters.
  return { ...rule, ...counters } as Constraint
}

/** Counters are a fold of decisions and never part of the rule's own record. */
function withoutUsage(rule: Constraint): Record<string, unknown> {
  return Object.fromEntries(Object.entries(rule).filter(([key]) => !USAGE_FIELDS.some((field) => field === key)))
}

function find(state: EngineState, ruleId: string): Constraint {
  const rule = state.constraints.get(ruleId)
  if (!rule) throw new NotFoundError('rule', ruleId)
  return rule
}

function parse<S extends z.ZodType>(schema: S, input: unknown): z.output<S> {
  const parsed = schema.safeParse(input)
  if (!parsed.success) throw InvalidInputError.fromZod('a constraint', parsed.error)
  return parsed.data
}
