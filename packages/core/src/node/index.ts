import { Guard } from '../guard/guard.ts'
import type { GuardOptions } from '../guard/index.ts'
import { nodePlatform } from './node-platform.ts'

export * from '../client/index.ts'
export * from '../guard/index.ts'
export * from '../protocol/index.ts'
export { BighubClient } from './bighub-client.ts'

/**
 * A guard: every tool call that goes through it is evaluated first, then run, held for a person, or refused. On Node, run
 * context follows every await.
 *
 * @throws ConfigurationError naming the option whose value cannot work.
 */
export function createGuard(options: GuardOptions): Guard {
  return new Guard(options, nodePlatform)
}
