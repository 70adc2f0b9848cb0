import type { DecisionRow } from '../storage/tables.ts'

/** How a decision ended: 1 bad, 0 good, null neither or not yet. */
export function labelOf({ outcome_category: category }: Pick<DecisionRow, 'outcome_category'>): 0 | 1 | null {
  if (category === 'negative') return 1
  return category === 'positive' ? 0 : null
}
