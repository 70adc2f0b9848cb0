import { ConfigurationError } from '@bighub/core/protocol'

/** What the environment says of the server that decides. */
export interface Environment {
  /** Null: decide in this process. */
  readonly baseUrl: string | null
  readonly apiKey: string | null
  /** Used where there is no API key. */
  readonly bearerToken: string | null
  /** For one attempt. Null: the client's default. */
  readonly timeoutMs: number | null
  /** Further attempts after the first, 0 or more. Null: the client's default. */
  readonly maxRetries: number | null
}

/**
 * Reads BIGHUB_BASE_URL, BIGHUB_API_KEY, BIGHUB_BEARER_TOKEN, BIGHUB_TIMEOUT_MS and BIGHUB_MAX_RETRIES. An empty variable is not set.
 * BIGHUB_ALLOW_INSECURE_HTTP is read by the client itself.
 *
 * @throws ConfigurationError naming the variable whose value cannot work.
 */
export function readEnvironment(variables: Readonly<Record<string, string | undefined>>): Environment {
  const text = (name: string): string | null => variables[name]?.trim() || null
  return {
    baseUrl: text('BIGHUB_BASE_URL'),
    apiKey: text('BIGHUB_API_KEY'),
    bearerToken: text('BIGHUB_BEARER_TOKEN'),
    timeoutMs: wholeNumber('BIGHUB_TIMEOUT_MS', text('BIGHUB_TIMEOUT_MS'), 1),
    maxRetries: wholeNumber('BIGHUB_MAX_RETRIES', text('BIGHUB_MAX_RETRIES'), 0),
  }
}

function wholeNumber(name: string, text: string | null, least: number): number | null {
  if (text === null) return null
  const value = Number(text)
  if (!Number.isSafeInteger(value) || value < least)
    throw new ConfigurationError(name, `${JSON.stringify(text)} is not a whole number of at least ${least}`)
  return value
}
