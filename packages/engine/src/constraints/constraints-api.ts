import {
  type Constraint,
  constraintInputSchema,
  type DecisionApi,
  type DomainInfo,
  InvalidInputError,
  type PatchResult,
  type RequestOptions,
} from '@bighub/core/protocol'
import type { Kysely } from 'kysely'
import type { EngineCore } from '../engine-core.ts'
import type { EngineState } from '../engine-state.ts'
import { createResource } from '../resource.ts'
import type { UnchainedRecord } from '../storage/chain.ts'
import type { Tables } from '../storage/tables.ts'
import { applyRulePatch, toPatchResult } from './apply-rule-patch.ts'
import { dryRunRule } from './rule-dry-run.ts'
import { type RuleChange, versionsOf } from './rule-versions.ts'
import { assertVersion, findRule, type StoredRule, withoutUsage, withUsage } from './stored-rule.ts'
import { readValidation, validateAction } from './validate-action.ts'

export interface ConstraintsParts {
  /** Deletes stored answers of idempotency keys; says how many. */
  readonly purgeIdempotency: (options: {
    readonly onlyExpired: boolean
    readonly olderThanHours: number | null
    readonly limit: number | null
  }) => Promise<number>
}

/** Rules: hard limits that make recommendations stricter (protocol §7.11). */
export function createConstraintsApi(core: EngineCore, parts: ConstraintsParts): DecisionApi['constraints'] {
  /** Stores what `change` makes of the state; the version of a rule grows by one with each. */
  function write(
    kind: RuleChange['change'],
    options: RequestOptions,
    change: (state: EngineState, at: string, id: string) => StoredRule,
    reason: string | null = null,
  ): Promise<Constraint> {
    return core.run({
      plan: (state) => {
        const at = core.now()
        const rule = change(state, new Date(at).toISOString(), core.newId(at))
        return {
          records: [recordOf(rule, at, { change: kind, by: options.by ?? 'application', reason })],
          answer: () => withUsage(rule, core.currentState(), at),
        }
      },
    })
  }

  function changeStatus(ruleId: string, status: 'active' | 'paused', options: RequestOptions): Promise<Constraint> {
    return write(status === 'paused' ? 'paused' : 'resumed', options, (state, at) =>
      nextVersion(findRule(state, ruleId), { status }, at),
    )
  }

  return createResource('constraints', {
    create: (body, options) =>
      write('created', options, (_, at, id) => ({
        ...body,
        rule_id: `rule_${id}`,
        name: body.name ?? 'unnamed rule',
        status: body.status ?? 'active',
        version: 1,
        created_at: at,
        updated_at: at,
      })),

    async list(query) {
      const state = await core.state()
      return [...state.constraints.values()]
        .filter((rule) => query.status === undefined || rule.status === query.status)
        .filter((rule) => query.domain === undefined || rule.domain === query.domain)
        .slice(query.offset ?? 0, (query.offset ?? 0) + (query.limit ?? Number.POSITIVE_INFINITY))
        .map((rule) => withUsage(rule, state, core.now()))
    },

    async get(ruleId) {
      const state = await core.state()
      return withUsage(findRule(state, ruleId), state, core.now())
    },

    update: (ruleId, body, options) =>
      write('updated', options, (state, at) => {
        const rule = findRule(state, ruleId)
        assertVersion(rule, { tag: options.ifMatch })
        return nextVersion(rule, body, at)
      }),

    async delete(ruleId, options) {
      await write('deleted', options, (state, at) => nextVersion(findRule(state, ruleId), { status: 'deleted' }, at))
      return { rule_id: ruleId, status: 'deleted' }
    },

    pause: (ruleId, options) => changeStatus(ruleId, 'paused', options),
    resume: (ruleId, options) => changeStatus(ruleId, 'active', options),

    dryRun: async (body) => dryRunRule(body, await core.state()),

    validate: (body) => {
      const request = readValidation(body)
      return core.run({
        plan: (state) => {
          const at = core.now()
          const facts = { at, id: core.newId(at), ruleId: body.rule_id ?? null, isDryRun: body.dry_run === true }
          const { answer, record } = validateAction(request, state, facts)
          if (facts.isDryRun) return { records: [], answer: () => answer }
          return { records: [record], answer: (hash) => ({ ...answer, validation_hash: hash }) }
        },
      })
    },

    async validateDryRun(body) {
      const request = readValidation(body)
      const at = core.now()
      const facts = { at, id: '', ruleId: body.rule_id ?? null, isDryRun: true }
      return validateAction(request, await core.state(), facts).answer
    },

    domains: async () => domainsOf(await core.state(), await core.projected(), core.storage.organisation),

    async versions(ruleId, query) {
      const state = await core.state()
      const versions = versionsOf(ruleId, await core.storage.readSubject(ruleId), state, core.now())
      return versions.slice(0, query.limit ?? versions.length)
    },

    async purgeIdempotency(query) {
      const purged = await parts.purgeIdempotency({
        onlyExpired: query.only_expired ?? true,
        olderThanHours: query.older_than_hours ?? null,
        limit: query.limit ?? null,
      })
      return { purged }
    },

    applyPatch: (ruleId, body, options) =>
      core.run<PatchResult>({
        plan: (state) => {
          const rule = findRule(state, ruleId)
          assertVersion(rule, { version: body.if_match_version, tag: options.ifMatch })
          const patched = applyRulePatch(rule, body.patch)
          const by = options.by ?? 'application'
          const facts = { operations: body.patch, by }
          if (body.preview ?? true)
            return {
              records: [],
              answer: () => toPatchResult(rule, patched, { ...facts, isPreview: true, version: rule.version }),
            }
          if (patched.fields === null) throw new InvalidInputError('patch', patched.problem ?? 'cannot be applied')
          const at = core.now()
          // The patch may have removed fields, so what it left is the whole rule.
          const next = { ...(patched.fields as StoredRule), version: rule.version + 1, updated_at: toIso(at) }
          const change: RuleChange = { change: 'patched', by, reason: body.reason ?? null }
          return {
            records: [recordOf(next, at, change)],
            answer: () => toPatchResult(rule, patched, { ...facts, isPreview: false, version: next.version }),
          }
        },
      }),
  })
}

/** The rule with some fields changed. It is read again as a whole, since it must still make sense. */
function nextVersion(rule: StoredRule, changed: Readonly<Record<string, unknown>>, at: string): StoredRule {
  const merged = { ...withoutUsage(rule), ...changed }
  const parsed = constraintInputSchema.safeParse(
    // A deleted rule is only marked; its status is none that a rule can be given.
    changed['status'] === 'deleted' ? { ...merged, status: 'paused' } : merged,
  )
  if (!parsed.success) throw InvalidInputError.fromZod('a constraint', parsed.error)
  return {
    ...merged,
    rule_id: rule.rule_id,
    name: parsed.data.name ?? rule.name,
    status: merged['status'] as Constraint['status'],
    created_at: rule.created_at,
    version: rule.version + 1,
    updated_at: at,
  }
}

function recordOf(rule: StoredRule, at: number, change: RuleChange): UnchainedRecord {
  return {
    type: 'constraint_changed',
    at,
    subject: rule.rule_id,
    kept: { rule: withoutUsage(rule) },
    payload: { ...change },
  }
}

function toIso(at: number): string {
  return new Date(at).toISOString()
}

/** Domains that rules or decisions name, with the limits that most of their rules have. */
async function domainsOf(state: EngineState, database: Kysely<Tables>, organisation: number): Promise<DomainInfo[]> {
  const rows = await database
    .selectFrom('decisions')
    .select('domain')
    .distinct()
    .where('organisation', '=', organisation)
    .where('domain', 'is not', null)
    .limit(1000)
    .execute()
  const rules = [...state.constraints.values()]
  const names = new Set([...rules.map((rule) => rule.domain), ...rows.map((row) => row.domain)])
  return [...names]
    .filter((name): name is string => name != null && name !== '')
    .toSorted()
    .map((name) => {
      const own = rules.filter((rule) => rule.domain === name)
      return {
        id: name,
        name: name.replaceAll('_', ' '),
        max_per_day_default: mostCommon(own.map((rule) => rule.max_per_day)),
        max_value_default: mostCommon(own.map((rule) => rule.max_value)),
        max_value_label: '',
        unit: '',
      }
    })
}

function mostCommon(values: readonly (number | null | undefined)[]): number | null {
  const counts = new Map<number, number>()
  for (const value of values) if (value != null) counts.set(value, (counts.get(value) ?? 0) + 1)
  return [...counts].toSorted(([, a], [, b]) => b - a)[0]?.[0] ?? null
}
