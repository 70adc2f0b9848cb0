import { ConfigurationError, type DecisionHost } from '@bighub/core/protocol'
import { type Logger, SILENT } from './logging/logger.ts'

export interface ServerOptions {
  /** Whose decisions are served. Not closed with the server: it belongs to whoever made it. */
  readonly host: DecisionHost
  /** Requests a minute of one key or user, unless a key has a limit of its own; counted in this process. @defaultValue 6000 */
  readonly rateLimit?: number | 'off'
  /** Longest body, in bytes. @defaultValue 1048576 */
  readonly maxBodyBytes?: number
  /** Origins of pages that may ask, such as `https://app.example`. @defaultValue none */
  readonly cors?: readonly string[]
  /** @defaultValue nothing is logged */
  readonly logger?: Logger
}

const NAMES: Readonly<Record<keyof ServerOptions, true>> = {
  host: true,
  rateLimit: true,
  maxBodyBytes: true,
  cors: true,
  logger: true,
}

/** The options with their defaults. @throws ConfigurationError naming the option whose value cannot work. */
export function resolveServerOptions(options: ServerOptions): Required<ServerOptions> {
  for (const name of Object.keys(options))
    if (!Object.hasOwn(NAMES, name))
      throw new ConfigurationError(name, `is not an option; there are ${Object.keys(NAMES).join(', ')}`)
  const resolved = {
    host: options.host,
    rateLimit: options.rateLimit ?? 6000,
    maxBodyBytes: options.maxBodyBytes ?? 1_048_576,
    cors: options.cors ?? [],
    logger: options.logger ?? SILENT,
  }
  if (resolved.rateLimit !== 'off' && !isCount(resolved.rateLimit))
    throw new ConfigurationError('rateLimit', 'needs a whole number of requests a minute of at least 1, or "off"')
  if (!isCount(resolved.maxBodyBytes))
    throw new ConfigurationError('maxBodyBytes', 'needs a whole number of bytes of at least 1')
  return resolved
}

function isCount(value: number): boolean {
  return Number.isSafeInteger(value) && value > 0
}
