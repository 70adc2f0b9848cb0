import type { ActionFacts } from './action-facts.ts'

/** Where a call's values come from as a whole. */
export type ProvenanceClass = 'tool' | 'tool_and_user' | 'mixed' | 'user' | 'none' | 'unknown'

/** One word for all labels of a call. */
export function provenanceClassOf(provenance: ActionFacts['provenance']): ProvenanceClass {
  const labels = new Set(Object.values(provenance))
  if (labels.size === 0) return 'unknown'
  const isFromUser = labels.has('user') || labels.has('both')
  if (labels.has('tool')) return isFromUser ? 'tool_and_user' : 'tool'
  if (labels.has('mixed')) return 'mixed'
  return isFromUser ? 'user' : 'none'
}
