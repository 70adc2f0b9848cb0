import type { Guard, ModelView } from '@bighub/core'
import { type CallSurroundings, handleCall } from '../calls/handle-call.ts'
import { EventLog, type ToolExecutionEvent } from '../calls/tool-execution-event.ts'
import { toModelText } from '../calls/tool-result.ts'
import type { ResolvedOptions } from '../guarded-openai-options.ts'
import type { MemorySender } from '../memory/memory-sender.ts'
import { callProvider } from '../provider/call-provider.ts'
import {
  type CallOutput,
  type Conversation,
  field,
  type ModelApi,
  type RunRequest,
  type Turn,
} from '../provider/model-api.ts'
import type { ProviderBreaker } from '../provider/provider-breaker.ts'
import { ProviderResponseError } from '../provider/provider-response-error.ts'
import type { ModelEvent, StreamEvent } from '../provider/stream-event.ts'
import { readUserText } from './read-user-text.ts'
import { type RunResult, toRunResult } from './run-result.ts'

/** What a run needs around it. */
export interface LoopSurroundings extends Omit<CallSurroundings, 'userText' | 'signal'> {
  readonly api: ModelApi
  readonly breaker: ProviderBreaker
  readonly memory: MemorySender
  readonly options: ResolvedOptions
}

type LoopEvent = Exclude<StreamEvent, { type: 'final_response' }>

/**
 * One run: asks the model, handles its tool calls one after another, and goes on until an answer has none.
 *
 * @throws ConfigurationError without tools; ProviderResponseError if the provider fails or the rounds are used up; the provider's
 * own error in the middle of a stream; the signal's reason.
 */
export async function* runLoop(
  request: RunRequest,
  loop: LoopSurroundings,
  isStreamed: boolean,
): AsyncGenerator<LoopEvent, RunResult, void> {
  const { api, guard, options } = loop
  const conversation = api.converse(request, loop.tools.list())
  noteHostedTools(guard, request)
  const log = new EventLog(options.memory.sourceVersion)
  const around: CallSurroundings = { ...loop, userText: readUserText(request.input), signal: request.signal }
  try {
    for (let round = 0; ; round++) {
      const turn = yield* isStreamed ? streamTurn(conversation, request, loop) : askTurn(conversation, request, loop)
      if (turn.calls.length === 0) return toRunResult(turn, log.events)
      if (round >= options.maxToolRounds) throw roundsExhausted(options.maxToolRounds)
      const outputs: CallOutput[] = []
      for (const call of turn.calls) {
        const handled = await handleCall(call, around)
        const event = log.add(handled)
        yield { type: 'execution_event', event }
        notify(options.onDecision, event)
        outputs.push({ callId: call.callId, text: toModelText(handled, viewOf(guard)) })
      }
      conversation.add(turn, outputs)
    }
  } catch (error) {
    if (!(error instanceof ProviderResponseError)) throw error
    const { failure, message, cause } = error
    throw new ProviderResponseError(failure, message, { cause, events: log.events })
  } finally {
    await loop.memory.send(log.events, { traceId: log.traceId, model: request.model })
  }
}

// A generator that yields nothing, so that both ways of asking read the same.
// oxlint-disable-next-line require-yield
async function* askTurn(
  conversation: Conversation,
  { signal }: RunRequest,
  { api, breaker, options }: LoopSurroundings,
): AsyncGenerator<never, Turn, void> {
  return readTurn(conversation, await callProvider(conversation.body(), { api, breaker, options, signal }))
}

async function* streamTurn(
  conversation: Conversation,
  { signal }: RunRequest,
  { api, breaker, options }: LoopSurroundings,
): AsyncGenerator<ModelEvent, Turn, void> {
  const body = { ...conversation.body(), stream: true }
  const answer = await callProvider(body, { api, breaker, options, signal })
  // A provider that does not stream answers as if it had not been asked to.
  if (!isStream(answer)) return readTurn(conversation, answer)
  return readTurn(conversation, yield* conversation.readStream(answer))
}

function readTurn(conversation: Conversation, answer: unknown): Turn {
  try {
    return conversation.read(answer)
  } catch (error) {
    throw new ProviderResponseError('answer_invalid', error instanceof Error ? error.message : String(error), {
      cause: error,
    })
  }
}

function isStream(answer: unknown): answer is AsyncIterable<unknown> {
  return typeof answer === 'object' && answer !== null && Symbol.asyncIterator in answer
}

function roundsExhausted(rounds: number): ProviderResponseError {
  return new ProviderResponseError(
    'rounds_exhausted',
    `the model still calls tools after ${rounds} rounds; raise maxToolRounds if that is meant`,
  )
}

function viewOf(guard: Guard): ModelView {
  return guard.options.modelView
}

/** Tools that the provider runs are beyond every guard; somebody should know. */
function noteHostedTools(guard: Guard, { extra = {} }: RunRequest): void {
  const { tools } = extra
  for (const tool of Array.isArray(tools) ? (tools as unknown[]) : []) {
    const type = field(tool, 'type')
    if (typeof type === 'string' && type !== 'function') guard.cover(type, 'runs at the model provider')
  }
}

/** The application's own affair: neither an exception nor a rejected promise gets through. */
function notify(hook: ResolvedOptions['onDecision'], event: ToolExecutionEvent): void {
  try {
    const result: unknown = hook?.(event)
    if (result instanceof Promise) result.catch(() => undefined)
  } catch {
    // Enforcement and learning go on.
  }
}
