import type { EngineState } from '../engine-state.ts'
import type { Scale } from '../precedents/case-scorer.ts'

/**
 * How values spread and what is usual, as far as it is known of the action.
 *
 * @param action - Null: of all actions, without a usual value.
 */
export function scaleOf({ precedents, values }: EngineState, action: string | null, now: number): Scale {
  return {
    spread: precedents.spread(action),
    medianValue: action === null ? null : values.median(action),
    now,
  }
}
