import { APIConnectionError, RateLimitError } from 'openai'
import type { ResolvedOptions } from '../guarded-openai-options.ts'
import type { ModelApi } from './model-api.ts'
import type { ProviderBreaker } from './provider-breaker.ts'
import { ProviderResponseError } from './provider-response-error.ts'

export interface ProviderCall {
  readonly api: ModelApi
  readonly breaker: ProviderBreaker
  readonly options: Pick<ResolvedOptions, 'provider' | 'delay' | 'random'>
  readonly signal: AbortSignal | undefined
}

/**
 * Sends one request: retries with growing waits, circuit breaker. The client's own retries are off, so that nothing is sent more
 * often than the options say.
 *
 * @throws ProviderResponseError if no attempt was answered; the caller's abort reason if `signal` aborted.
 */
export async function callProvider(body: object, { api, breaker, options, signal }: ProviderCall): Promise<unknown> {
  const { provider, delay, random } = options
  if (breaker.isOpen)
    throw new ProviderResponseError('circuit_open', 'the provider failed repeatedly and is not asked for a moment')
  for (let retry = 0; ; retry++) {
    try {
      const request = { timeout: provider.timeoutMs, maxRetries: 0, ...(signal ? { signal } : {}) }
      const answer = await api.create(body, request)
      breaker.succeed()
      return answer
    } catch (error) {
      if (signal?.aborted) throw signal.reason
      if (retry >= provider.maxRetries || !mayHelpToRetry(error)) {
        breaker.fail()
        throw new ProviderResponseError('failed', `the provider failed: ${textOf(error)}`, { cause: error })
      }
      const waitMs = Math.min(provider.backoffMs * 2 ** retry, provider.maxBackoffMs) + random() * provider.jitterMs
      await delay(waitMs, signal)
      if (signal?.aborted) throw signal.reason
    }
  }
}

/** A timeout is a connection error, too. */
function mayHelpToRetry(error: unknown): boolean {
  return error instanceof APIConnectionError || error instanceof RateLimitError
}

function textOf(error: unknown): string {
  return (error instanceof Error ? error.message : String(error)).slice(0, 500)
}
