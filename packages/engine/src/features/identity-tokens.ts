import { mix } from '../math/hash.ts'
import type { CallView } from './call-view.ts'
import type { TokenList } from './token-list.ts'

/** Tokens of who does what, and where. */
export function addIdentityTokens(call: CallView, tokens: TokenList): void {
  tokens.begin('identity')
  tokens.add(call.action)
  tokens.addCrossed(call.actor)
  tokens.add(call.domain)
  if (call.hasTarget) tokens.addCrossed(call.target)
  tokens.add(call.name.verbHash)
  tokens.add(call.mutating)
  tokens.add(mix(call.domain, call.mutating))
  tokens.add(mix(call.actor, call.mutating))
  tokens.add(mix(call.actor, call.domain))
  tokens.add(mix(call.actor, call.target))
  for (const word of call.name.words) tokens.add(word)
}
