import { ConfigurationError, createGuard, type Guard, type GuardOptions } from '@bighub/core'
import OpenAI from 'openai'
import { SOURCE_VERSION, type ToolExecutionEvent } from './calls/tool-execution-event.ts'
import { createChatCompletionsApi } from './provider/chat-completions-api.ts'
import type { ModelApi } from './provider/model-api.ts'
import type { OpenAIClient } from './provider/openai-client.ts'
import { createResponsesApi } from './provider/responses-api.ts'

export interface GuardedOpenAIOptions {
  /** A guard, or the options of one that is made and closed here. Evaluator, actor, fail mode and model view belong to it. */
  readonly guard: Guard | GuardOptions
  /** The provider; stays open. Needed unless there is an `apiKey`. */
  readonly client?: OpenAIClient
  /** The provider's key, for a client made here. */
  readonly apiKey?: string
  /** Which of the provider's APIs is spoken. @defaultValue 'responses' */
  readonly api?: 'responses' | 'chat_completions'
  /** Rounds of tool calls before the model has to answer, ≥ 1. @defaultValue 8 */
  readonly maxToolRounds?: number
  /** Goes into the context of every evaluation. @defaultValue a new UUID */
  readonly sessionId?: string
  readonly provider?: ProviderOptions
  readonly memory?: MemoryOptions
  /** Told about each tool call after it was handled, once. What it throws is ignored. */
  readonly onDecision?: (event: ToolExecutionEvent) => void | Promise<void>
  /** Accepted for those who come from the reference adapter; both are the same request. @defaultValue 'submit' */
  readonly decisionMode?: 'submit' | 'submit_payload'
  /** Milliseconds since the epoch. @defaultValue Date.now */
  readonly now?: () => number
  /** In [0, 1). @defaultValue Math.random */
  readonly random?: () => number
  /** Waits before the provider is asked again. @defaultValue a timer */
  readonly delay?: (ms: number, signal: AbortSignal | undefined) => Promise<void>
}

/** How patient a run is with the provider. Connection errors, timeouts and rate limits are tried again; nothing else is. */
export interface ProviderOptions {
  /** For one request, ≥ 1000. @defaultValue 30000 */
  readonly timeoutMs?: number
  /** @defaultValue 2 */
  readonly maxRetries?: number
  /** Wait before the first retry; doubles with each. @defaultValue 250 */
  readonly backoffMs?: number
  /** Longest wait, before the jitter. @defaultValue 2000 */
  readonly maxBackoffMs?: number
  /** A random part up to this is added to each wait. @defaultValue 100 */
  readonly jitterMs?: number
  /** Failed requests in a row that open the circuit breaker; 0 = it never opens. @defaultValue 0 */
  readonly breakerFailures?: number
  /** How long it stays open, ≥ 1000. @defaultValue 30000 */
  readonly breakerResetMs?: number
}

/** Events for the evaluator's decision memory, where it has one. */
export interface MemoryOptions {
  /** @defaultValue true */
  readonly enabled?: boolean
  /** @defaultValue 'openai_adapter' */
  readonly source?: string
  /** @defaultValue `bighub-openai@` and this package's version */
  readonly sourceVersion?: string
  /** Longest that a run waits for it at its end, ≥ 100. @defaultValue 300 */
  readonly timeoutMs?: number
}

export interface ResolvedOptions {
  readonly api: ModelApi
  readonly maxToolRounds: number
  readonly sessionId: string
  readonly provider: Required<ProviderOptions>
  readonly memory: Required<MemoryOptions>
  readonly onDecision: ((event: ToolExecutionEvent) => void | Promise<void>) | null
  readonly now: () => number
  readonly random: () => number
  readonly delay: (ms: number, signal: AbortSignal | undefined) => Promise<void>
}

/**
 * All defaults, in one place.
 *
 * @throws ConfigurationError naming the option whose value cannot work.
 */
export function resolveOptions(options: GuardedOpenAIOptions): ResolvedOptions {
  const { provider = {}, memory = {} } = options
  oneOf('decisionMode', options.decisionMode ?? 'submit', ['submit', 'submit_payload'])
  return {
    api: resolveApi(options),
    maxToolRounds: atLeast('maxToolRounds', options.maxToolRounds ?? 8, 1),
    sessionId: options.sessionId || crypto.randomUUID(),
    provider: {
      timeoutMs: atLeast('provider.timeoutMs', provider.timeoutMs ?? 30_000, 1000),
      maxRetries: atLeast('provider.maxRetries', provider.maxRetries ?? 2, 0),
      backoffMs: atLeast('provider.backoffMs', provider.backoffMs ?? 250, 0),
      maxBackoffMs: atLeast('provider.maxBackoffMs', provider.maxBackoffMs ?? 2000, 0),
      jitterMs: atLeast('provider.jitterMs', provider.jitterMs ?? 100, 0),
      breakerFailures: atLeast('provider.breakerFailures', provider.breakerFailures ?? 0, 0),
      breakerResetMs: atLeast('provider.breakerResetMs', provider.breakerResetMs ?? 30_000, 1000),
    },
    memory: {
      enabled: memory.enabled ?? true,
      source: memory.source ?? 'openai_adapter',
      sourceVersion: memory.sourceVersion ?? SOURCE_VERSION,
      timeoutMs: atLeast('memory.timeoutMs', memory.timeoutMs ?? 300, 100),
    },
    onDecision: options.onDecision ?? null,
    now: options.now ?? Date.now,
    random: options.random ?? Math.random,
    delay: options.delay ?? wait,
  }
}

/**
 * The guard of the options. One that is made here waits between evaluations as the reference adapter does: 0.5 s, doubling to
 * 5 s, plus up to 0.1 s; its own deadline of all attempts still holds.
 */
export function resolveGuard(
  given: GuardedOpenAIOptions['guard'],
  random: () => number,
): { readonly guard: Guard; readonly isOwn: boolean } {
  if (isGuard(given)) return { guard: given, isOwn: false }
  const backoffMs = (retry: number): number => Math.min(500 * 2 ** retry, 5000) + random() * 100
  return { guard: createGuard({ ...given, evaluation: { backoffMs, ...given?.evaluation } }), isOwn: true }
}

function isGuard(given: Guard | GuardOptions): given is Guard {
  return typeof (given as Partial<Guard> | undefined)?.begin === 'function'
}

function resolveApi({ api = 'responses', client, apiKey }: GuardedOpenAIOptions): ModelApi {
  oneOf('api', api, ['responses', 'chat_completions'])
  if (!client && !apiKey)
    throw new ConfigurationError('client', 'needs an OpenAI client, or an apiKey to make one with')
  const provider: OpenAIClient = client ?? new OpenAI({ apiKey: apiKey ?? null })
  if (api === 'responses' && provider.responses) return createResponsesApi(provider.responses)
  if (api === 'chat_completions' && provider.chat) return createChatCompletionsApi(provider.chat)
  throw new ConfigurationError('client', `has no ${api}; take a client that has, or the other api`)
}

function oneOf(option: string, value: string, allowed: readonly string[]): void {
  if (!allowed.includes(value))
    throw new ConfigurationError(option, `${JSON.stringify(value)} is not one of ${allowed.join(', ')}`)
}

function atLeast(option: string, value: number, least: number): number {
  if (typeof value !== 'number' || !Number.isFinite(value) || value < least)
    throw new ConfigurationError(option, `${String(value)} is not a number of at least ${least}`)
  return value
}

function wait(ms: number, signal: AbortSignal | undefined): Promise<void> {
  return new Promise((resolve) => {
    const timer = setTimeout(done, ms)
    signal?.addEventListener('abort', done, { once: true })
    function done(): void {
      clearTimeout(timer)
      signal?.removeEventListener('abort', done)
      resolve()
    }
  })
}
