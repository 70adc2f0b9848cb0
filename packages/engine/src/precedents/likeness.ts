import type { ProvenanceClass } from '../features/provenance-class.ts'

/** What a decision is compared with others by, besides the columns of its row. */
export interface Likeness {
  /** Hashes of its context and argument fields, each combined with the action. */
  readonly fields: readonly number[]
  /** Named axes of its situation, such as `reversibility`. */
  readonly axes: Readonly<Record<string, number>>
  /** Where its arguments came from as a whole; null where nobody said. */
  readonly provenance: ProvenanceClass | null
}
