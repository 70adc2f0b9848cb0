import * as z from 'zod'
import { evaluationContextSchema } from './action.ts'
import { blockedBySchema, usageSchema } from './evaluation.ts'
import { limitSchema, nameSchema, offsetSchema } from './paging.ts'

export const CONDITION_FIELDS = [
  'value',
  'risk_score',
  'action',
  'actor',
  'target',
  'tool',
  'domain',
  'hour',
  'spent_today',
  'spent_hour',
  'previous_action',
  'provenance',
  'trajectory_health',
] as const
/** A condition reads one of these, or `context.<path>`. */
export type ConditionField = (typeof CONDITION_FIELDS)[number] | `context.${string}`

export const CONDITION_OPERATORS = [
  'gt',
  'gte',
  'lt',
  'lte',
  'eq',
  'ne',
  'in',
  'not_in',
  'contains',
  'matches',
] as const
export type ConditionOperator = (typeof CONDITION_OPERATORS)[number]

export interface ConditionKey {
  readonly field: ConditionField
  readonly operator: ConditionOperator
}

/** Splits `value_gt` into field and operator; a bare field means `eq`. Undefined when the key is not in the grammar (protocol §6.4). */
export function parseConditionKey(key: string): ConditionKey | undefined {
  // `not_in` before `in`: the longest operator wins.
  const operators = CONDITION_OPERATORS.toSorted((a, b) => b.length - a.length)
  for (const operator of operators) {
    const suffix = `_${operator}`
    if (!key.endsWith(suffix)) continue
    const field = toField(key.slice(0, -suffix.length))
    if (field) return { field, operator }
  }
  const field = toField(key)
  return field && { field, operator: 'eq' }
}

function toField(text: string): ConditionField | undefined {
  if (text.startsWith('context.') && text.length > 'context.'.length) return text as `context.${string}`
  return CONDITION_FIELDS.find((field) => field === text)
}

const LISTS: ReadonlySet<ConditionOperator> = new Set(['in', 'not_in'])
const NUMERIC: ReadonlySet<ConditionOperator> = new Set(['gt', 'gte', 'lt', 'lte'])

/** The condition form: every key must hold. */
export const conditionsSchema = z.record(z.string(), z.unknown()).superRefine((conditions, context) => {
  for (const [key, wanted] of Object.entries(conditions)) {
    const parsed = parseConditionKey(key)
    const complain = (message: string): void => context.addIssue({ code: 'custom', path: [key], message })
    if (!parsed)
      complain(
        `not a condition; a key is <field>_<operator> with a field of ${CONDITION_FIELDS.join(', ')} or context.<path>, ` +
          `and an operator of ${CONDITION_OPERATORS.join(', ')}`,
      )
    else if (NUMERIC.has(parsed.operator) && !(typeof wanted === 'number' && Number.isFinite(wanted)))
      complain('this operator compares with a finite number')
    else if (LISTS.has(parsed.operator) && !Array.isArray(wanted)) complain('this operator takes a list')
    else if (parsed.operator === 'matches' && typeof wanted !== 'string')
      complain('this operator takes a pattern with * and ?')
  }
})

const hourSchema = z.int().min(0).max(23).nullish()
const countSchema = z.int().min(0).nullish()

const ruleFields = {
  name: z.string().min(1).max(200).optional(),
  description: z.string().max(10_000).nullish(),
  /** Absent or null: everywhere. */
  domain: z.string().max(500).nullish(),
  /** Above it: blocked. */
  max_value: z.number().nullish(),
  /** Below it: blocked. */
  min_value: z.number().nullish(),
  /** Above it: held for a person. */
  require_approval_above: z.number().nullish(),
  max_per_day: countSchema,
  max_per_hour: countSchema,
  cooldown_seconds: z.number().min(0).nullish(),
  /** Hour window, 0–23, end exclusive, may wrap midnight; UTC unless the policy names a time zone. */
  allowed_hours_start: hourSchema,
  allowed_hours_end: hourSchema,
  /** The condition form: all keys must hold for `action_on_match` to apply. */
  conditions: conditionsSchema.nullish(),
  action_on_match: z.enum(['allow', 'warn', 'review', 'block']).nullish(),
  tags: z.array(z.string()).optional(),
  metadata: z.record(z.string(), z.unknown()).optional(),
  status: z.enum(['active', 'paused']).optional(),
} as const

/** Body of `POST /rules`: either form, or both at once (protocol §6.4). Unknown keys are kept. */
export const constraintInputSchema = z
  .looseObject(ruleFields)
  .refine((rule) => (rule.allowed_hours_start == null) === (rule.allowed_hours_end == null), {
    message: 'give both ends of the hour window or neither',
    path: ['allowed_hours_end'],
  })
  .refine((rule) => !rule.conditions || rule.action_on_match != null, {
    message: 'conditions need to say what happens: allow, warn, review or block',
    path: ['action_on_match'],
  })
export type ConstraintInput = z.input<typeof constraintInputSchema>

/** Body of `PATCH /rules/{rule_id}`: the fields to change. */
export const constraintUpdateSchema = z.looseObject(ruleFields)
export type ConstraintUpdate = z.input<typeof constraintUpdateSchema>

/** A stored rule. */
export const constraintSchema = z.looseObject({
  ...ruleFields,
  rule_id: z.string(),
  name: z.string(),
  status: z.enum(['active', 'paused', 'deleted']),
  /** Grows by one with each change; starts at 1. */
  version: z.int().min(1),
  created_at: z.string(),
  updated_at: z.string(),
  usage_today: z.int(),
  usage_total: z.int(),
  blocked_today: z.int(),
  blocked_total: z.int(),
  remaining_today: z.int().nullable(),
  last_used_at: z.string().nullable(),
})
export type Constraint = z.infer<typeof constraintSchema>

export const listConstraintsQuerySchema = z.object({
  status: z.enum(['active', 'paused']).optional(),
  domain: nameSchema.optional(),
  limit: limitSchema.optional(),
  offset: offsetSchema.optional(),
})
export type ListConstraintsQuery = z.input<typeof listConstraintsQuerySchema>

export const deletedConstraintSchema = z.looseObject({ rule_id: z.string(), status: z.literal('deleted') })

/** A rule as it would be stored, and what to mind. Nothing is stored. */
export const constraintDryRunSchema = z.looseObject({
  dry_run: z.literal(true),
  valid: z.boolean(),
  /** Null where it is not valid. */
  rule: z.record(z.string(), z.unknown()).nullable(),
  warnings: z.array(z.string()),
  conflicts: z.array(z.looseObject({ rule_id: z.string(), field: z.string(), reason: z.string() })),
})
export type ConstraintDryRun = z.infer<typeof constraintDryRunSchema>

/** Body of `POST /rules/validate`: an action that is checked against the rules alone. */
export const validateActionRequestSchema = z.looseObject({
  action: z.string().min(1).max(500),
  actor: nameSchema.nullish(),
  value: z.number().nullish(),
  target: z.string().max(4000).nullish(),
  domain: nameSchema.nullish(),
  /** Only this rule. */
  rule_id: z.string().nullish(),
  context: evaluationContextSchema.nullish(),
  metadata: z.record(z.string(), z.unknown()).nullish(),
  dry_run: z.boolean().nullish(),
})
export type ValidateActionRequest = z.input<typeof validateActionRequestSchema>

export const ruleValidationSchema = z.looseObject({
  allowed: z.boolean(),
  result: z.enum(['allowed', 'requires_approval', 'blocked']),
  reason: z.string(),
  blocked_by: blockedBySchema.nullable(),
  requires_approval: z.boolean(),
  dry_run: z.boolean(),
  validation_id: z.string().nullable(),
  validation_hash: z.string().nullable(),
  matched_rules: z.array(z.looseObject({ rule_id: z.string(), name: z.string(), effect: z.string() })),
  usage: usageSchema,
  warnings: z.array(z.string()),
})
export type RuleValidation = z.infer<typeof ruleValidationSchema>

/** A business area, with the limits that its rules have most often; null without rules. */
export const domainInfoSchema = z.looseObject({
  id: z.string(),
  name: z.string(),
  max_per_day_default: z.int().nullable(),
  max_value_default: z.number().nullable(),
  max_value_label: z.string(),
  unit: z.string(),
})
export type DomainInfo = z.infer<typeof domainInfoSchema>

export const changedFieldSchema = z.looseObject({ field: z.string(), before: z.unknown(), after: z.unknown() })
/** A field in which two states of a thing differ; null where one of them has none. */
export type ChangedField = z.infer<typeof changedFieldSchema>

export const constraintVersionSchema = z.looseObject({
  rule_id: z.string(),
  version: z.int(),
  changed_at: z.string(),
  changed_by: z.string(),
  change_type: z.enum(['created', 'updated', 'patched', 'paused', 'resumed', 'deleted']),
  reason: z.string().nullable(),
  changed_fields: z.array(changedFieldSchema),
  snapshot: constraintSchema,
})
export type ConstraintVersion = z.infer<typeof constraintVersionSchema>
export const versionsQuerySchema = z.object({ limit: limitSchema.optional() })

export const purgeIdempotencyQuerySchema = z.object({
  /** @defaultValue true */
  only_expired: z.boolean().optional(),
  older_than_hours: z.number().min(0).max(1_000_000).optional(),
  limit: z.int().min(1).max(1_000_000).optional(),
})
export const purgedSchema = z.looseObject({ purged: z.int() })

const pointer = z
  .string()
  .max(1000)
  .regex(/^(?:\/|$)/, 'a JSON pointer starts with / (RFC 6901)')
/** One operation of a JSON Patch (RFC 6902). */
export const patchOperationSchema = z.discriminatedUnion('op', [
  z.looseObject({ op: z.literal('add'), path: pointer, value: z.unknown() }),
  z.looseObject({ op: z.literal('remove'), path: pointer }),
  z.looseObject({ op: z.literal('replace'), path: pointer, value: z.unknown() }),
  z.looseObject({ op: z.literal('move'), path: pointer, from: pointer }),
  z.looseObject({ op: z.literal('copy'), path: pointer, from: pointer }),
  z.looseObject({ op: z.literal('test'), path: pointer, value: z.unknown() }),
])
export type PatchOperation = z.input<typeof patchOperationSchema>

/** Body of `POST /rules/{rule_id}/apply_patch`. */
export const applyPatchRequestSchema = z.looseObject({
  patch: z.array(patchOperationSchema).max(200),
  /** @defaultValue true */
  preview: z.boolean().optional(),
  reason: z.string().max(1000).nullish(),
  /** Applies only if the rule still has this version; header `If-Match` says the same. */
  if_match_version: z.int().nullish(),
})
export type ApplyPatchRequest = z.input<typeof applyPatchRequestSchema>

export const patchResultSchema = z.looseObject({
  rule_id: z.string(),
  preview: z.boolean(),
  applied: z.boolean(),
  patch_valid: z.boolean(),
  /** JSON pointers. */
  changed_paths: z.array(z.string()),
  changed_fields: z.array(changedFieldSchema),
  diff_summary: z.string(),
  /** `sha256:` and the hex digest of the patch's canonical JSON. */
  patch_hash: z.string(),
  applied_by: z.string().nullable(),
  /** Changed fields with the version. */
  before: z.record(z.string(), z.unknown()),
  /** In a preview `version` is the present one; after applying the new one. */
  after: z.record(z.string(), z.unknown()),
})
export type PatchResult = z.infer<typeof patchResultSchema>
