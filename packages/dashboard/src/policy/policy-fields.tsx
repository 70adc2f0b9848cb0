import type { Policy, PolicyUpdate } from '@bighub/core'
import { numberField, textField } from '../ui/form-fields.ts'

const COSTS = [
  ['caution', 'Cost of a caution'],
  ['review', 'Cost of a review'],
  ['wrong_block', 'Cost of a wrong block'],
  ['caution_prevents', 'Share of a loss that caution prevents'],
  ['review_prevents', 'Share of a loss that a review prevents'],
] as const
const MODES = ['advisory', 'review', 'enforced'] as const
const BOUNDS = ['estimate', 'upper'] as const

/** What decides: costs, bound and mode. Where nothing is shown, the present policy stays. */
export function ThresholdFields({ policy }: { readonly policy: Policy }) {
  return (
    <div class="form-grid">
      <label>
        Mode
        <select name="enforcement_mode" defaultValue={policy.enforcement_mode}>
          <option value="advisory">Advisory: advice, people decide</option>
          <option value="review">Review: cautions are held too</option>
          <option value="enforced">Enforced: the verdict binds</option>
        </select>
      </label>
      <label>
        What decides
        <select name="bound" defaultValue={policy.bound}>
          <option value="estimate">the estimated risk</option>
          <option value="upper">the upper end of its interval</option>
        </select>
      </label>
      {COSTS.map(([name, title]) => (
        <label key={name}>
          {title}
          <input name={name} type="number" step="any" min="0" required defaultValue={policy.costs[name]} />
        </label>
      ))}
    </div>
  )
}

/** The fields of a form that differ from a policy. @throws Error naming a field that cannot be read. */
export function readThresholds(fields: FormData, policy: Policy): PolicyUpdate {
  const costs = Object.fromEntries(
    COSTS.flatMap(([name]) => {
      const value = numberField(fields, name)
      return value === null || value === policy.costs[name] ? [] : [[name, value]]
    }),
  )
  const mode = MODES.find((each) => each === textField(fields, 'enforcement_mode'))
  const bound = BOUNDS.find((each) => each === textField(fields, 'bound'))
  return {
    ...(Object.keys(costs).length > 0 ? { costs } : {}),
    ...(mode && mode !== policy.enforcement_mode ? { enforcement_mode: mode } : {}),
    ...(bound && bound !== policy.bound ? { bound } : {}),
  }
}
