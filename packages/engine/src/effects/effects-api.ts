import type { DecisionApi } from '@bighub/core/protocol'
import { createResource } from '../resource.ts'
import type { Effects } from './effects.ts'

/** Entries of a page unless the query says otherwise. */
const PAGE = 100

/** Runs of tools, claimed once (protocol §12). */
export function createEffectsApi(effects: Effects): DecisionApi['effects'] {
  return createResource('effects', {
    claim: (body) => effects.claim(body),
    settle: (effectId, body) => effects.settle(effectId, body),
    list: (query) => effects.list({ state: query.state ?? null, limit: query.limit ?? PAGE }),
    resolve: (effectId, body, options) => effects.resolve(effectId, body, options.by ?? 'application'),
  })
}
