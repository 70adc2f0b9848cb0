import { Guard } from './guard/guard.ts'
import type { GuardOptions } from './guard/index.ts'
import { webPlatform } from './guard/web-platform.ts'

export { BighubClient } from './client/bighub-client.ts'
export * from './client/index.ts'
export * from './guard/index.ts'
export * from './protocol/index.ts'

/**
 * A guard: every tool call that goes through it is evaluated first, then run, held for a person, or refused.
 *
 * @throws ConfigurationError naming the option whose value cannot work.
 */
export function createGuard(options: GuardOptions): Guard {
  return new Guard(options, webPlatform)
}
