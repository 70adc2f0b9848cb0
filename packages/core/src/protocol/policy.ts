import * as z from 'zod'
import { enforcementModeSchema } from './evaluation.ts'

const share = z.number().min(0).max(1)
const badRateSchema = z.number().min(0.0001).max(0.9999).nullable()

/** Costs in units of an ordinary stake; see `decideByRegret` in the engine for the formula (engine.md §8). */
export const costsSchema = z.object({
  caution: z.number().min(0).default(0.04),
  review: z.number().min(0).default(0.32),
  wrong_block: z.number().min(0).default(1.6),
  /** Share of the loss that running with caution prevents. */
  caution_prevents: share.default(0.2),
  /** Share of the loss that a review prevents. */
  review_prevents: share.default(0.9),
})
export type Costs = z.infer<typeof costsSchema>

/** What may differ by domain. */
const overridable = {
  enforcement_mode: enforcementModeSchema.default('advisory'),
  costs: costsSchema.prefault({}),
  /** What decides: the estimate itself, or the upper end of its interval. */
  bound: z.enum(['estimate', 'upper']).default('estimate'),
  /** Stake of an ordinary call of the domain while fewer than 10 values of an action were seen. */
  typical_value: z.number().positive().nullable().default(null),
  /** Promise: the largest share of bad outcomes among calls that run without asking anybody; kept by a controller, on what is known. */
  max_bad_rate: badRateSchema.default(null),
} as const

/** The same without defaults: what is not given stays as it is. */
const overrides = {
  enforcement_mode: enforcementModeSchema.optional(),
  costs: z
    .strictObject({
      caution: z.number().min(0).optional(),
      review: z.number().min(0).optional(),
      wrong_block: z.number().min(0).optional(),
      caution_prevents: share.optional(),
      review_prevents: share.optional(),
    })
    .optional(),
  bound: z.enum(['estimate', 'upper']).optional(),
  typical_value: z.number().positive().nullable().optional(),
  max_bad_rate: badRateSchema.optional(),
} as const

const domainPolicySchema = z.strictObject(overrides)

const timeZoneSchema = z.string().refine(isTimeZone, 'not an IANA time zone, such as Europe/Berlin')
const domainsSchema = z.record(z.string(), domainPolicySchema)
const retentionSchema = z.int().min(1).max(36_500).nullable()
const expirySchema = z.int().min(1).max(31_536_000)

/** Of all decisions. Half of them: more would be a review of everything by another name. */
const sampledShareSchema = z.number().min(0).max(0.5)
const holdBudgetSchema = z.int().min(0).max(1_000_000).nullable()
const overBudgetSchema = z.enum(['block', 'caution'])

/** Names as authentication tells them (`key_…`, `user_…`), or as the application vouches for them in process. */
const approversSchema = z.array(z.string().min(1).max(200)).min(1).max(1000).nullable()
const quorumSchema = z.int().min(1).max(20)
const escalationSchema = z
  .strictObject({
    /** Time without an end after which more people are asked. */
    after_seconds: expirySchema,
    /** Who may answer from then on, besides the others; null: whoever may answer approvals at all. */
    approvers: approversSchema.default(null),
  })
  .nullable()

/** Who answers held calls, and until when (engine.md §8). */
export const approvalPolicySchema = z.object({
  /** Unanswered approvals expire after this time and the call is refused. */
  expires_in_seconds: expirySchema.default(86_400),
  /** Different people who have to approve. One who declines is enough to refuse. */
  quorum: quorumSchema.default(1),
  /** Nobody approves a call that they asked for: neither its actor nor the key or user that had it judged. */
  four_eyes: z.boolean().default(false),
  /** Who may answer; null: whoever may answer approvals at all. */
  approvers: approversSchema.default(null),
  escalation: escalationSchema.default(null),
})
export type ApprovalPolicy = z.infer<typeof approvalPolicySchema>

/**
 * What the operator decides apart from constraints: one versioned object an organisation, with overrides a domain
 * (engine.md §8). Unknown fields are refused, so that a misspelt promise is never silently ignored.
 */
export const policySchema = z.strictObject({
  ...overridable,
  approvals: approvalPolicySchema.prefault({}),
  /** Most calls held for a person in one hour, so that nobody is asked more than they can look at; null: no limit. */
  max_holds_per_hour: holdBudgetSchema.default(null),
  /** What becomes of calls above it. `caution` lets only those run that risk alone would hold; a rule's are blocked. */
  over_budget: overBudgetSchema.default('block'),
  /**
   * Reviews to learn from, at most this share of all decisions on average: of held and blocked calls, drawn at random, a reviewer says what
   * would have come of them, and what they report as the outcome teaches in the place of all that were held. At most 0.5; 0: what never
   * ran teaches nothing.
   */
  sampled_review: sampledShareSchema.default(0),
  /** The same action refused before in the same run is refused again without a new approval. */
  repeat_refusal: z.boolean().default(true),
  /**
   * Time after which a claim that nobody has settled counts as unknown, since the process that made it may be one that nobody here
   * can see. A settlement that comes later still counts.
   */
  unknown_after_seconds: expirySchema.default(86_400),
  /** IANA name; decides where a day and an hour begin for limits. */
  time_zone: timeZoneSchema.default('UTC'),
  /** Days after which the words of calls are erased; null keeps them. What was learned stays, and so does the chain. */
  retention_days: retentionSchema.default(null),
  domains: domainsSchema.default({}),
})
export type Policy = z.infer<typeof policySchema>
/** A policy as the operator writes it: every field has a default. */
export type PolicyInput = z.input<typeof policySchema>

/** The policy in force for one domain. */
export type EffectivePolicy = Omit<Policy, 'domains'>

/** `PATCH /policy`: the fields to change. Within costs and approvals too, what is not given stays; a domain's overrides are replaced. */
export const policyUpdateSchema = z.strictObject({
  ...overrides,
  approvals: z
    .strictObject({
      expires_in_seconds: expirySchema.optional(),
      quorum: quorumSchema.optional(),
      four_eyes: z.boolean().optional(),
      approvers: approversSchema.optional(),
      escalation: escalationSchema.optional(),
    })
    .optional(),
  max_holds_per_hour: holdBudgetSchema.optional(),
  over_budget: overBudgetSchema.optional(),
  sampled_review: sampledShareSchema.optional(),
  repeat_refusal: z.boolean().optional(),
  unknown_after_seconds: expirySchema.optional(),
  time_zone: timeZoneSchema.optional(),
  retention_days: retentionSchema.optional(),
  domains: domainsSchema.optional(),
})
export type PolicyUpdate = z.input<typeof policyUpdateSchema>

/** How a promise of the policy is kept, on the outcomes that are known. */
export const promiseReportSchema = z.looseObject({
  /** Null: the organisation's own, for all domains without one. */
  domain: z.string().nullable(),
  max_bad_rate: z.number(),
  status: z.enum(['kept', 'broken', 'cannot_be_kept', 'too_few_outcomes']),
  reason: z.string(),
  /** The largest estimate that surely runs unasked at present. */
  threshold: z.number().min(0).max(1),
  /** Share of bad outcomes among calls that ran unasked, of late (each outcome weighs 0.999 of the next). */
  bad_rate: z.number().nullable(),
  /** Wilson's interval of it, 95 %. */
  bad_rate_interval: z.tuple([z.number(), z.number()]).nullable(),
  /** Decisions that nothing but the promise could hold. */
  decisions: z.int(),
  ran_unasked: z.int(),
  /** Of those, how many have an outcome; the rest is not known, and nothing is presumed of it. */
  with_outcome: z.int(),
  bad: z.int(),
  /** More went wrong lately than was expected; until that is over nothing is relaxed. */
  drift_signalled: z.boolean(),
})
export type PromiseReport = z.infer<typeof promiseReportSchema>

export const policyVersionSchema = z.looseObject({
  version: z.int().min(0),
  policy: policySchema,
  changed_at: z.string().nullable(),
  changed_by: z.string().nullable(),
  reason: z.string().nullable(),
  /** With the policy in force: its promises, and how they are kept. */
  promises: z.array(promiseReportSchema).optional(),
})
export type PolicyVersion = z.infer<typeof policyVersionSchema>

/** The policy with a domain's overrides applied. */
export function policyForDomain(policy: Policy, domain: string | null): EffectivePolicy {
  const { domains, ...base } = policy
  const override = domain !== null && Object.hasOwn(domains, domain) ? domains[domain] : undefined
  if (!override) return base
  return {
    ...base,
    enforcement_mode: override.enforcement_mode ?? base.enforcement_mode,
    bound: override.bound ?? base.bound,
    typical_value: override.typical_value === undefined ? base.typical_value : override.typical_value,
    max_bad_rate: override.max_bad_rate === undefined ? base.max_bad_rate : override.max_bad_rate,
    costs: { ...base.costs, ...withoutUndefined(override.costs) },
  }
}

function withoutUndefined<T extends object>(value: T | undefined): { [K in keyof T]?: Exclude<T[K], undefined> } {
  return Object.fromEntries(Object.entries(value ?? {}).filter(([, each]) => each !== undefined)) as {
    [K in keyof T]?: Exclude<T[K], undefined>
  }
}

function isTimeZone(name: string): boolean {
  try {
    return Boolean(new Intl.DateTimeFormat('en', { timeZone: name }))
  } catch {
    return false
  }
}

/** Body of `PATCH /policy`: the fields to change, and why. */
export const patchPolicyRequestSchema = z.strictObject({
  ...policyUpdateSchema.shape,
  reason: z.string().max(1000).optional(),
  /** Applies only if the policy still has this version. */
  if_match_version: z.int().optional(),
})
export type PatchPolicyRequest = z.input<typeof patchPolicyRequestSchema>
