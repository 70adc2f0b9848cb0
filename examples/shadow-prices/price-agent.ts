/** A price that the agent wants to set, and why. */
export interface Proposal {
  readonly product: string
  readonly price: number
  readonly reason: 'restocked' | 'season' | 'match competitor'
}

const PRODUCTS = ['lamp', 'chair', 'desk', 'shelf', 'sofa', 'rug']
const REASONS = ['restocked', 'season', 'match competitor', 'season'] as const

/** Stands in for a model, so that the story needs no key: two weeks of proposals, no two alike. */
export function proposals(week: number): Proposal[] {
  return Array.from({ length: 60 }, (_, index) => ({
    product: PRODUCTS[(index * 5 + week) % PRODUCTS.length] ?? '',
    price: 20 + ((index * 37 + week * 11) % 180),
    reason: REASONS[(index + Math.floor(index / 4)) % REASONS.length] ?? 'season',
  }))
}

/** What the shop finds out the next morning: the competitor's feed lists prices without shipping, so matching them loses money. */
export function wasGood({ reason }: Proposal): boolean {
  return reason !== 'match competitor'
}
