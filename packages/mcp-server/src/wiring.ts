import { BighubClient } from '@bighub/core'
import { createEngine } from '@bighub/engine'
import type { Environment } from './environment.ts'
import { createHttpSender } from './http-sender.ts'
import type { SendHttpRequest } from './tools/http-request-tool.ts'
import type { PartialDecisionApi } from './tools/tool.ts'
import { VERSION } from './version.ts'

/** Who decides: a server elsewhere, or an engine in this process. */
export interface DecisionSource {
  readonly api: PartialDecisionApi
  /** Only with a server. */
  readonly sendHttpRequest?: SendHttpRequest
  /** For people. */
  readonly description: string
  close(): Promise<void>
}

/**
 * A client of the server that the environment names, or else an engine over a file.
 *
 * @param file - Of the engine. @defaultValue '.bighub/bighub.db'
 * @throws ConfigurationError, or StorageError if the file cannot be used.
 */
export function openDecisionSource(environment: Environment, file: string = '.bighub/bighub.db'): DecisionSource {
  const { baseUrl } = environment
  return baseUrl === null ? openEngine(file) : openClient(baseUrl, environment)
}

function openEngine(file: string): DecisionSource {
  const engine = createEngine({ file })
  return { api: engine, description: `deciding in this process, with ${file}`, close: () => engine.close() }
}

function openClient(baseUrl: string, { apiKey, bearerToken, timeoutMs, maxRetries }: Environment): DecisionSource {
  const userAgent = `bighub-mcp/${VERSION}`
  // The client also refuses a base URL that would show the key to others, so nothing is sent there by either.
  const client = new BighubClient({
    baseUrl,
    userAgent,
    ...(apiKey === null ? {} : { apiKey }),
    ...(bearerToken === null ? {} : { bearerToken }),
    ...(timeoutMs === null ? {} : { timeoutMs }),
    ...(maxRetries === null ? {} : { maxRetries }),
  })
  return {
    api: client,
    sendHttpRequest: createHttpSender({ baseUrl, apiKey, bearerToken, userAgent, timeoutMs: timeoutMs ?? 15_000 }),
    description: `deciding at ${new URL(baseUrl).origin}`,
    close: () => client.close(),
  }
}
