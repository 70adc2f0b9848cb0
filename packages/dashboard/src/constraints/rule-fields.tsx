import type { Constraint, ConstraintInput } from '@bighub/core'
import { given, jsonField, numberField, textField } from '../ui/form-fields.ts'

const NUMBERS = [
  ['require_approval_above', 'Hold above', 'A person is asked about values above it.'],
  ['max_value', 'Block above', 'Values above it are refused.'],
  ['min_value', 'Block below', 'Values below it are refused.'],
  ['max_per_hour', 'Calls an hour', 'More are refused.'],
  ['max_per_day', 'Calls a day', 'More are refused.'],
  ['cooldown_seconds', 'Seconds between calls', 'Sooner ones are refused.'],
  ['allowed_hours_start', 'Allowed from hour', '0 to 23, in the policy’s time zone.'],
  ['allowed_hours_end', 'Allowed until hour', 'That hour itself is no longer allowed.'],
] as const
const EFFECTS = [
  ['review', 'hold for a person'],
  ['block', 'block'],
  ['warn', 'let it run with caution'],
  ['allow', 'allow'],
] as const

/** The fields of a rule, as they are or empty. */
export function RuleFields({ rule }: { readonly rule?: Constraint }) {
  return (
    <>
      <div class="form-grid">
        <label>
          Name
          <input name="name" required maxLength={200} defaultValue={rule?.name ?? ''} />
        </label>
        <label>
          Domain
          <input name="domain" defaultValue={rule?.domain ?? ''} placeholder="everywhere" />
        </label>
        {NUMBERS.map(([name, title, hint]) => (
          <label key={name} title={hint}>
            {title}
            <input name={name} type="number" step="any" defaultValue={rule?.[name] ?? ''} />
          </label>
        ))}
      </div>
      <div class="form-grid">
        <label class="wide">
          Conditions <span class="hint">JSON; all must hold, such as {'{"action": "deploy", "hour_gte": 18}'}</span>
          <textarea
            name="conditions"
            rows={3}
            spellcheck={false}
            defaultValue={rule?.conditions ? JSON.stringify(rule.conditions, null, 2) : ''}
          />
        </label>
        <label>
          When they hold
          <select name="action_on_match" defaultValue={rule?.action_on_match ?? ''}>
            <option value="">–</option>
            {EFFECTS.map(([value, text]) => (
              <option key={value} value={value}>
                {text}
              </option>
            ))}
          </select>
        </label>
      </div>
    </>
  )
}

/** The rule that a form describes. @throws Error naming a field that cannot be read. */
export function readRule(fields: FormData): ConstraintInput {
  const effect = textField(fields, 'action_on_match')
  return given({
    name: textField(fields, 'name') ?? undefined,
    domain: textField(fields, 'domain'),
    ...Object.fromEntries(NUMBERS.map(([name]) => [name, numberField(fields, name)])),
    conditions: jsonField(fields, 'conditions'),
    action_on_match: EFFECTS.find(([value]) => value === effect)?.[0],
  })
}

/** A change of a rule: fields that were emptied lose their limit. */
export function readRuleChange(fields: FormData): ConstraintInput {
  const cleared = Object.fromEntries(
    [...NUMBERS.map(([name]) => name), 'domain', 'conditions', 'action_on_match'].map((name) => [name, null]),
  )
  return { ...cleared, ...readRule(fields) }
}

/** What a rule does, in one line. */
export function describeRule(rule: ConstraintInput | Constraint): string {
  const parts = NUMBERS.flatMap(([name, title]) => {
    const value = rule[name]
    return value == null ? [] : [`${title.toLowerCase()} ${value}`]
  })
  const effect = EFFECTS.find(([value]) => value === rule.action_on_match)?.[1]
  if (effect && rule.conditions)
    parts.push(
      `${effect} when ${Object.entries(rule.conditions)
        .map(([key, value]) => `${key} ${JSON.stringify(value)}`)
        .join(' and ')}`,
    )
  return parts.join(' · ') || 'no limit'
}
