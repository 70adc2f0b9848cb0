import type { JsonSchema } from '../tools/parameters.ts'
import type { RegisteredTool } from '../tools/tool-registry.ts'
import type { ModelEvent } from './stream-event.ts'

/** What a run begins with. */
export interface RunRequest {
  readonly model: string
  /** What the user says, or the conversation so far in the provider's own form. */
  readonly input: string | readonly object[]
  readonly instructions?: string
  readonly temperature?: number
  /** Further fields of the provider's request, sent with every request of the run; they win. */
  readonly extra?: Readonly<Record<string, unknown>>
  readonly signal?: AbortSignal
}

/** A tool call as the model wrote it. */
export interface ModelCall {
  readonly callId: string
  readonly name: string
  /** JSON text, or data where a provider has parsed it. */
  readonly arguments: unknown
}

/** One answer of the model. */
export interface Turn {
  readonly responseId: string | null
  readonly text: string
  /** The answer's items in the provider's form. */
  readonly output: readonly unknown[]
  readonly calls: readonly ModelCall[]
}

/** What the model reads as the result of a call. */
export interface CallOutput {
  readonly callId: string
  readonly text: string
}

/** A conversation with the model over one of the provider's APIs. It asks nobody: it words requests and reads answers. */
export interface Conversation {
  /** The body of the next request. */
  body(): object
  /** @throws Error if it is no answer that can be used. */
  read(answer: unknown): Turn
  /** Yields what the model writes and returns the whole answer. @throws Error if the stream ends before the answer does. */
  readStream(parts: AsyncIterable<unknown>): AsyncGenerator<ModelEvent, unknown, void>
  /** Goes on after a turn with what its calls came to. */
  add(turn: Turn, outputs: readonly CallOutput[]): void
}

/** One of the provider's APIs. */
export interface ModelApi {
  /** Words a tool for the provider. */
  toolForm(tool: RegisteredTool): object
  converse(request: RunRequest, tools: readonly RegisteredTool[]): Conversation
  /** Sends a request. */
  create(body: object, options: { timeout: number; maxRetries: number; signal?: AbortSignal }): PromiseLike<unknown>
}

/** The form of a tool in Chat Completions, which `listTools` shows for both APIs. */
export interface NestedToolForm {
  readonly type: 'function'
  readonly function: {
    readonly name: string
    readonly description: string
    readonly parameters: JsonSchema
    readonly strict: boolean
  }
}

export function nestedToolForm({ name, description, parameters, strict }: RegisteredTool): NestedToolForm {
  return { type: 'function', function: { name, description, parameters: parameters.jsonSchema, strict } }
}

/** A field of data from the provider, where nothing can be taken for granted. */
export function field(value: unknown, name: string): unknown {
  return typeof value === 'object' && value !== null ? (value as Record<string, unknown>)[name] : undefined
}

export function textField(value: unknown, name: string): string | null {
  const found = field(value, name)
  return typeof found === 'string' ? found : null
}

export function listField(value: unknown, name: string): readonly unknown[] {
  const found = field(value, name)
  return Array.isArray(found) ? found : []
}
