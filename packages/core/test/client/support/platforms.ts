import { BighubClient as WebClient } from '../../../src/index.ts'
import { BighubClient as NodeClient } from '../../../src/node/index.ts'

/** The client as Node gets it, over a pool, and as everything else gets it, over `fetch`. */
export const PLATFORMS = [
  ['on Node', NodeClient],
  ['on the web', WebClient],
] as const
