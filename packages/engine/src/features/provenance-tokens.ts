import { hashShort, mix } from '../math/hash.ts'
import type { ActionFacts } from './action-facts.ts'
import type { CallView } from './call-view.ts'
import type { TokenList } from './token-list.ts'
import { TOKEN } from './token-names.ts'

/** Where a call's values come from as a whole: tool, user, none, mixed; U and N together; nothing said. */
export type ProvenanceCode = 'TU' | 'T' | 'M' | 'UN' | 'U' | 'N' | '-'

export interface ProvenanceSummary {
  readonly code: ProvenanceCode
  readonly class: number
  /** Hash of all labels by argument. */
  readonly signature: number
}

/** Tokens of where the values of a call were seen before. */
export function addProvenanceTokens(
  provenance: ActionFacts['provenance'],
  call: CallView,
  tokens: TokenList,
): ProvenanceSummary {
  tokens.begin('provenance')
  const paths = Object.keys(provenance).toSorted()
  let signature: number = TOKEN.provenanceSignature
  let [user, tool, none, mixed] = [0, 0, 0, 0]
  for (const path of paths) {
    const label = provenance[path] ?? 'none'
    if (label === 'user' || label === 'both') user++
    else if (label === 'tool') tool++
    else if (label === 'none') none++
    else mixed++
    const hash = mix(mix(TOKEN.provenanceLabel, hashShort(path)), hashShort(label))
    signature = mix(signature, hash)
    tokens.addCrossed(hash)
  }
  const code = paths.length === 0 ? '-' : codeOf(user, tool, none, mixed)
  const hash = mix(TOKEN.provenanceClass, hashShort(code))
  tokens.addCrossed(hash)
  tokens.add(mix(hash, call.mutating))
  return { code, class: hash, signature }
}

function codeOf(user: number, tool: number, none: number, mixed: number): ProvenanceCode {
  if (tool > 0) return user > 0 ? 'TU' : 'T'
  if (mixed > 0) return 'M'
  if (user === 0) return 'N'
  return none > 0 ? 'UN' : 'U'
}
