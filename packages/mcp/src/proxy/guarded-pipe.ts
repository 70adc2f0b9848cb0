import type { BegunCall, Guard, ToolOptionsByName } from '@bighub/core'
import type { Transport } from '@modelcontextprotocol/server'
import { ToolCatalog } from '../tool-catalog.ts'
import { type ToolResult, toRefusalResult, withNote } from '../tool-result.ts'
import { HeldCalls } from './held-calls.ts'
import { isOfGeneration2026, isRequest, isResponse, type Message, type Request, type Response } from './json-rpc.ts'

export interface GuardedPipeOptions {
  readonly guard: Guard
  /** To the client; not started. */
  readonly downstream: Transport
  /** To the server; not started. */
  readonly upstream: Transport
  /** What the guard should know about tools, by name. @defaultValue what the server says of them */
  readonly toolOptions?: ToolOptionsByName
  /**
   * How long a held call waits for its person before the client is told to come again, in milliseconds. Clients give up after 60 s
   * unless told otherwise. @defaultValue 45000
   */
  readonly holdMs?: number
  /** Told of what goes wrong outside of a call. @defaultValue nothing */
  readonly onError?: (error: Error) => void
}

/** A call that the server is at work on. */
interface RunningCall {
  readonly abort: AbortController
  answer(response: Response): void
  fail(error: unknown): void
}

/**
 * Two ends of one MCP connection with a guard between them. Messages pass as they are, in both directions and of whatever
 * generation of the protocol; only `tools/call` is judged before the server sees it.
 */
export class GuardedPipe {
  /** Resolves when the connection is over. */
  readonly closed: Promise<void>
  readonly #options: GuardedPipeOptions
  readonly #catalog: ToolCatalog
  readonly #held = new HeldCalls()
  readonly #runId: string = `mcp_${crypto.randomUUID()}`
  readonly #calls = new Map<string | number, RunningCall>()
  /** Requests of the client that the server has not answered, by id, in order. */
  readonly #asked = new Map<string | number, Request>()
  readonly #close = Promise.withResolvers<void>()
  #isClosing = false

  constructor(options: GuardedPipeOptions) {
    this.#options = options
    this.#catalog = new ToolCatalog(options.toolOptions ?? {}, (name) => options.guard.cover(name))
    this.closed = this.#close.promise
  }

  async start(): Promise<void> {
    const { downstream, upstream, onError } = this.#options
    // Transports are no event targets; each calls the functions that it is given.
    const shared = { onclose: () => void this.close(), onerror: (error: Error) => onError?.(error) }
    Object.assign(downstream, shared, { onmessage: (message: Message) => this.#fromClient(message) })
    Object.assign(upstream, shared, { onmessage: (message: Message) => this.#fromServer(message) })
    await upstream.start()
    await downstream.start()
  }

  /** Closes both ends. Calls under way are reported as unknown. Closing twice is harmless. */
  async close(): Promise<void> {
    if (this.#isClosing) return this.closed
    this.#isClosing = true
    for (const call of this.#calls.values()) abandon(call, new Error('the connection was closed'))
    const ends = [this.#options.upstream.close(), this.#options.downstream.close()]
    await Promise.allSettled(ends)
    this.#close.resolve()
    return this.closed
  }

  #fromClient(message: Message): void {
    if (isRequest(message) && message.method === 'tools/call') {
      void this.#call(message)
      return
    }
    if (message.method === 'notifications/cancelled') this.#cancel(message)
    if (isRequest(message)) this.#asked.set(message.id, message)
    void this.#sendUp(message).catch((error: unknown) => this.#answerFailure(message, error))
  }

  #fromServer(message: Message): void {
    if (!isResponse(message)) {
      this.#sendDown(message, this.#relatedTo(message))
      return
    }
    const call = this.#calls.get(message.id)
    if (call) {
      call.answer(message)
      return
    }
    const asked = this.#asked.get(message.id)
    this.#asked.delete(message.id)
    if (asked?.method === 'tools/list') this.#catalog.learn(message.result)
    const version = message.result?.['protocolVersion']
    if (asked?.method === 'initialize' && typeof version === 'string')
      this.#options.upstream.setProtocolVersion?.(version)
    this.#sendDown(message)
  }

  async #call(request: Request): Promise<void> {
    const abort = new AbortController()
    const answered = Promise.withResolvers<Response>()
    answered.promise.catch(() => undefined)
    this.#calls.set(request.id, { abort, answer: answered.resolve, fail: answered.reject })
    try {
      const result = await this.#judge(request, abort.signal, async (args) => {
        await this.#sendUp({ ...request, params: { ...request.params, arguments: args } }, abort.signal)
        const { result: value, error } = await answered.promise
        if (error) throw new ServerError(error)
        if (value?.['resultType'] === 'input_required') throw new InputRequired(value)
        return value ?? {}
      })
      const complete = isOfGeneration2026(request) ? { resultType: 'complete', ...result } : result
      this.#sendDown({ jsonrpc: '2.0', id: request.id, result: complete })
    } catch (error) {
      // Whoever cancelled wants no answer.
      if (abort.signal.aborted) return
      if (error instanceof InputRequired) this.#sendDown({ jsonrpc: '2.0', id: request.id, result: error.result })
      else this.#answerFailure(request, error)
    } finally {
      this.#calls.delete(request.id)
    }
  }

  /** The life of one call: evaluated, perhaps held, then run by the server or refused here. */
  async #judge(
    request: Request,
    signal: AbortSignal,
    execute: (args: unknown) => Promise<ToolResult>,
  ): Promise<ToolResult> {
    const { guard } = this.#options
    const call = { tool: String(request.params?.['name']), arguments: request.params?.['arguments'] ?? {} }
    // Clients may call what they never listed.
    guard.cover(call.tool)
    const known = this.#held.take(call)
    known?.adoptSignal(signal)
    const begun =
      known ??
      (await guard.begin({
        ...call,
        runId: this.#runId,
        signal,
        takesEdits: true,
        options: this.#catalog.optionsOf(call.tool),
      }))
    if (begun.disposition === 'await_approval' && guard.options.approvals.onRequest === null) {
      const approval = await begun.approval({ waitMs: this.#options.holdMs ?? 45_000, signal })
      if (approval.status === 'pending') {
        this.#held.keep(call, begun)
        signal.throwIfAborted()
        return toHeldResult(call.tool, approval.request_id)
      }
    }
    return this.#run(call, begun, execute)
  }

  async #run(
    call: { readonly tool: string; readonly arguments: unknown },
    begun: BegunCall,
    execute: (args: unknown) => Promise<ToolResult>,
  ): Promise<ToolResult> {
    try {
      const result = await begun.run(execute, (error) => error instanceof InputRequired)
      return result.status === 'refused' ? toRefusalResult(result.refusal) : withNote(result.value, result.note)
    } catch (error) {
      if (error instanceof InputRequired) this.#held.keep(call, begun)
      throw error
    }
  }

  #cancel({ params }: Message): void {
    const id = params?.['requestId'] as string | number | undefined
    const call = id === undefined ? undefined : this.#calls.get(id)
    if (call) abandon(call, new Error('the client cancelled the call'))
  }

  #answerFailure(message: Message, error: unknown): void {
    if (!isRequest(message)) {
      this.#options.onError?.(error instanceof Error ? error : new Error(String(error)))
      return
    }
    this.#asked.delete(message.id)
    const failure =
      error instanceof ServerError
        ? error.error
        : { code: -32_603, message: error instanceof Error ? error.message : String(error) }
    this.#sendDown({ jsonrpc: '2.0', id: message.id, error: failure })
  }

  async #sendUp(message: Message, signal?: AbortSignal): Promise<void> {
    // What came in well-formed goes out as it came.
    await this.#options.upstream.send(message as never, signal ? { requestSignal: signal } : undefined)
  }

  #sendDown(message: Message, relatedRequestId?: string | number): void {
    const options = relatedRequestId === undefined ? undefined : { relatedRequestId }
    this.#options.downstream.send(message as never, options).catch((error: Error) => this.#options.onError?.(error))
  }

  /** Over HTTP a message belongs to the stream of a request: the one whose progress it tells, else the newest one open. */
  #relatedTo({ params }: Message): string | number | undefined {
    const open = [...this.#asked.keys(), ...this.#calls.keys()]
    const token = params?.['progressToken']
    return open.find((id) => id === token) ?? open.at(-1)
  }
}

/** The server's own answer that something went wrong. */
class ServerError extends Error {
  readonly error: NonNullable<Message['error']>

  constructor(error: NonNullable<Message['error']>) {
    super(error.message)
    this.error = error
  }
}

/** The server asks the client something and will be called again: a pause, not an end. */
class InputRequired extends Error {
  readonly result: Readonly<Record<string, unknown>>

  constructor(result: Readonly<Record<string, unknown>>) {
    super('the server needs more input')
    this.result = result
  }
}

function abandon(call: RunningCall, reason: Error): void {
  call.abort.abort(reason)
  call.fail(reason)
}

/** Names the decision, so that whoever reads it can find the request and answer it. */
function toHeldResult(tool: string, requestId: string): ToolResult {
  const name = tool.replaceAll(/[^\w .:/-]/g, '').slice(0, 100)
  return toRefusalResult({
    message:
      `The tool "${name}" was not executed yet. A person has to approve this call and has not answered so far (${requestId}). ` +
      'Propose it again with the same arguments once it is approved; do not try to reach the same end in another way.',
  })
}
