import * as z from 'zod'

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
