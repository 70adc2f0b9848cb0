import type { Guard, ToolOptionsByName } from '@bighub/core'
import { ToolCatalog } from './tool-catalog.ts'
import { type ToolResult, toRefusalResult, withNote } from './tool-result.ts'

/** The part of the official clients that is looked at; both lines of the SDK have it. */
export interface McpClient {
  // The clients' own types of requests and results, which differ between the lines.
  // oxlint-disable-next-line typescript/no-explicit-any
  callTool(params: any, ...rest: any[]): Promise<any>
  // oxlint-disable-next-line typescript/no-explicit-any
  listTools(params?: any, options?: any): Promise<any>
}

export interface GuardClientSettings {
  /** Thread, conversation or run that the calls belong to. @defaultValue the run around the call, else one of this client's own */
  readonly runId?: string
}

/** Shared by all adapters, so that a mark is seen across two copies of a package. */
const GUARDED: unique symbol = Symbol.for('bighub.guarded')

/**
 * Guards the tools that a client calls. What comes back is the client with another `callTool`: a refused call gives a result with
 * `isError`, a held one waits for its person, and everything else is the client's own.
 *
 * The client given stays as it is. One that this guard guards already comes back unchanged.
 *
 * @param toolOptions - What the guard should know about tools, by name. Hints of the server stand in where nothing is said.
 */
export function guardClient<Client extends McpClient>(
  guard: Guard,
  client: Client,
  toolOptions: ToolOptionsByName = {},
  settings: GuardClientSettings = {},
): Client {
  if (guardsOf(client).includes(guard)) return client
  const catalog = new ToolCatalog(toolOptions, (name) => guard.cover(name))
  const conversation = `mcp ${crypto.randomUUID()}`

  async function listTools(...args: Parameters<McpClient['listTools']>): Promise<unknown> {
    const result: unknown = await client.listTools(...args)
    catalog.learn(result)
    return result
  }

  async function callTool(params: CallParams, ...rest: readonly unknown[]): Promise<unknown> {
    // Hints are worth a request; without them the call is judged all the same.
    if (!catalog.isKnown) await listTools().catch(() => catalog.learn({ tools: [] }))
    const call = {
      tool: params.name,
      arguments: params.arguments ?? {},
      runId: settings.runId,
      conversation,
      signal: readSignal(rest),
      takesEdits: true,
      options: catalog.optionsOf(params.name),
    }
    const run = (args: unknown): Promise<ToolResult> => client.callTool({ ...params, arguments: args }, ...rest)
    const result = await guard.run(call, run)
    return result.status === 'refused' ? toRefusalResult(result.refusal) : withNote(result.value, result.note)
  }

  const guards = [...guardsOf(client), guard]
  return new Proxy(client, {
    get(target, name) {
      if (name === 'callTool') return callTool
      if (name === 'listTools') return listTools
      if (name === GUARDED) return guards
      // The client's private fields are found on the client alone.
      const value: unknown = Reflect.get(target, name, target)
      return typeof value === 'function' ? value.bind(target) : value
    },
    set: (target, name, value) => Reflect.set(target, name, value, target),
  })
}

interface CallParams {
  readonly name: string
  readonly arguments?: Readonly<Record<string, unknown>>
}

function guardsOf(client: object): readonly Guard[] {
  return (client as { readonly [GUARDED]?: readonly Guard[] })[GUARDED] ?? []
}

/** The options are the last argument in both lines, behind a schema in the first. */
function readSignal(rest: readonly unknown[]): AbortSignal | undefined {
  const { signal } = (rest.at(-1) ?? {}) as { readonly signal?: unknown }
  return signal instanceof AbortSignal ? signal : undefined
}
