import { ConfigurationError, type PolicyInput } from '@bighub/core/protocol'
import { assertWebhookOptions, type WebhookOptions } from './webhooks/webhook-options.ts'

export interface EngineOptions {
  /** Path of the database file, made when it is not there; `:memory:` keeps nothing. @defaultValue '.bighub/bighub.db' */
  readonly file?: string
  /** Whose decisions these are; part of every key. @defaultValue 'default' */
  readonly organisation?: string
  /** What the operator decides; recorded when it differs from what is in force. @defaultValue what the file says */
  readonly policy?: PolicyInput
  /**
   * `process`: a killed process loses nothing that was answered. `power`: neither does a power cut; each commit waits for the
   * disk. Answers to approvals and their use are synced in both. @defaultValue 'process'
   */
  readonly durability?: 'process' | 'power'
  /** @defaultValue Date.now */
  readonly now?: () => number
  /** Records after which the folded state is saved, so that the next start is fast. @defaultValue 20000 */
  readonly snapshotEvery?: number
  /**
   * Most past cases with an outcome that are kept in memory to be found as precedents, the newest; about 250 bytes each. Another bound
   * than before folds the log anew at the next start. @defaultValue 100000
   */
  readonly maxPrecedents?: number
  readonly webhooks?: WebhookOptions
}

const OPTION_NAMES = [
  'file',
  'organisation',
  'policy',
  'durability',
  'now',
  'snapshotEvery',
  'maxPrecedents',
  'webhooks',
]
/** Cases have 32-bit numbers; more than this no process holds. */
const MOST_PRECEDENTS = 10_000_000

/** @throws ConfigurationError naming the option whose value cannot work. */
export function assertEngineOptions(options: EngineOptions): void {
  for (const name of Object.keys(options))
    if (!OPTION_NAMES.includes(name))
      throw new ConfigurationError(name, `is not an option; there are ${OPTION_NAMES.join(', ')}`)
  const { file, organisation, durability, now, snapshotEvery, maxPrecedents } = options
  if (file !== undefined && (typeof file !== 'string' || file === ''))
    throw new ConfigurationError('file', 'needs the path of a file, or ":memory:"')
  if (organisation !== undefined && (typeof organisation !== 'string' || organisation === ''))
    throw new ConfigurationError('organisation', 'needs to be text that is not empty')
  if (durability !== undefined && durability !== 'process' && durability !== 'power')
    throw new ConfigurationError('durability', `${JSON.stringify(durability)} is neither "process" nor "power"`)
  if (now !== undefined && typeof now !== 'function')
    throw new ConfigurationError('now', 'needs to be a function that gives milliseconds since the epoch')
  if (snapshotEvery !== undefined && !(Number.isInteger(snapshotEvery) && snapshotEvery > 0))
    throw new ConfigurationError('snapshotEvery', 'needs a whole number of at least 1')
  if (
    maxPrecedents !== undefined &&
    !(Number.isInteger(maxPrecedents) && maxPrecedents >= 1 && maxPrecedents <= MOST_PRECEDENTS)
  )
    throw new ConfigurationError('maxPrecedents', `needs a whole number from 1 to ${MOST_PRECEDENTS}`)
  assertWebhookOptions(options.webhooks ?? {})
}
