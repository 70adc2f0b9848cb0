import { ConfigurationError, type PolicyInput, type Quotas } from '@bighub/core/protocol'
import { assertTokenSecret } from '../accounts/access-tokens.ts'
import { assertWebhookOptions, type WebhookOptions } from '../webhooks/webhook-options.ts'

/** What hosts have in common, wherever they keep things. */
export interface HostOptions {
  /** As of an engine. @defaultValue 'process' */
  readonly durability?: 'process' | 'power'
  /** The policy that an organisation begins with; its own changes stay. @defaultValue the policy's defaults */
  readonly policy?: PolicyInput
  /** Engines that are kept open, one an organisation. @defaultValue 32 */
  readonly mostOpen?: number
  /** As of an engine. @defaultValue 100000 an organisation */
  readonly maxPrecedents?: number
  /** Limits of an organisation, asked for at each evaluation. @defaultValue none */
  readonly quotas?: (organisation: string) => Quotas | null
  /** Signs access tokens, at least 32 characters. @defaultValue a key that is made once and kept in the store */
  readonly tokenSecret?: string
  /** Whether anybody may sign up. @defaultValue true */
  readonly isSignupOpen?: boolean
  readonly webhooks?: WebhookOptions
  /** Hears of what failed in the background and is tried again. @defaultValue nobody does */
  readonly onError?: (error: unknown) => void
  /** Milliseconds since the epoch. @defaultValue Date.now */
  readonly now?: () => number
}

export interface EngineHostOptions extends HostOptions {
  /** Path of the database file, made when it is not there. @defaultValue '.bighub/bighub.db' */
  readonly file?: string
}

export interface PostgresHostOptions extends HostOptions {
  /** `postgresql://user:password@host:port/database`; its tables are made when they are not there. */
  readonly databaseUrl: string
}

const NAMES: Readonly<Record<keyof HostOptions, true>> = {
  durability: true,
  policy: true,
  mostOpen: true,
  maxPrecedents: true,
  quotas: true,
  tokenSecret: true,
  isSignupOpen: true,
  webhooks: true,
  onError: true,
  now: true,
}

export type ResolvedHostOptions = HostOptions &
  Required<Pick<HostOptions, 'durability' | 'mostOpen' | 'isSignupOpen' | 'webhooks' | 'onError' | 'now'>>

/**
 * The options with their defaults.
 *
 * @param place - The option that says where things are kept.
 * @throws ConfigurationError naming the option whose value cannot work.
 */
export function resolveHostOptions(options: HostOptions, place: 'file' | 'databaseUrl'): ResolvedHostOptions {
  const names = [place, ...Object.keys(NAMES)]
  for (const name of Object.keys(options))
    if (!names.includes(name)) throw new ConfigurationError(name, `is not an option; there are ${names.join(', ')}`)
  const { now = Date.now } = options
  const resolved = {
    ...options,
    durability: options.durability ?? 'process',
    mostOpen: options.mostOpen ?? 32,
    isSignupOpen: options.isSignupOpen ?? true,
    webhooks: options.webhooks ?? {},
    onError: options.onError ?? (() => undefined),
    // Rows keep whole milliseconds; clocks with fractions are fine.
    now: () => Math.trunc(now()),
  }
  if (!(Number.isInteger(resolved.mostOpen) && resolved.mostOpen > 0))
    throw new ConfigurationError('mostOpen', 'needs a whole number of at least 1')
  if (options.tokenSecret !== undefined) assertTokenSecret(options.tokenSecret)
  assertWebhookOptions(resolved.webhooks)
  return resolved
}
