import { Guard } from '../guard/guard.ts'
import type { GuardOptions } from '../guard/index.ts'
import { nodePlatform } from './node-platform.ts'
import { SqliteOutbox } from './sqlite-outbox.ts'

export * from '../client/index.ts'
export * from '../guard/index.ts'
export * from '../protocol/index.ts'
export { BighubClient } from './bighub-client.ts'
export { SqliteOutbox } from './sqlite-outbox.ts'

/**
 * A guard: every tool call that goes through it is evaluated first, then run, held for a person, or refused. On Node, run
 * context follows every await, and reports that a server could not take wait in a file.
 *
 * @throws ConfigurationError naming the option whose value cannot work.
 */
export function createGuard(options: GuardOptions): Guard {
  return new Guard(withOutbox(options), nodePlatform)
}

/** Where reports wait for an evaluator elsewhere. The in-process engine is a file itself. */
function withOutbox(options: GuardOptions): GuardOptions {
  const { evaluator, outbox } = options ?? {}
  if (outbox?.store || (outbox?.file === undefined && !evaluator?.isRemote)) return options
  const { file = DEFAULT_OUTBOX, ...others } = outbox ?? {}
  return { ...options, outbox: { ...others, store: new SqliteOutbox(file) } }
}

const DEFAULT_OUTBOX = '.bighub/outbox.db'
