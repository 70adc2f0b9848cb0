import { InvalidInputError } from '@bighub/core/protocol'
import { type CallToolResult, McpServer, ProtocolError, ProtocolErrorCode } from '@modelcontextprotocol/server'
import { httpRequestTool, type SendHttpRequest } from './tools/http-request-tool.ts'
import { ROUTE_TOOLS } from './tools/route-tools.ts'
import { selectTools, type ToolSelection } from './tools/select-tools.ts'
import { toDefinition } from './tools/to-definition.ts'
import { codeOf, requestIdOf, type ToolFailure, toErrorResult } from './tools/to-error-result.ts'
import { toResult } from './tools/to-result.ts'
import type { PartialDecisionApi, Tool } from './tools/tool.ts'
import { VERSION } from './version.ts'

export interface McpServerOptions extends ToolSelection {
  /** Gives `bighub_http_request`; only a client of a server can send it. @defaultValue none, and no such tool */
  readonly sendHttpRequest?: SendHttpRequest
  /** Who stands in the log as having acted; over HTTP the server's authentication says so instead. @defaultValue 'mcp' */
  readonly by?: string
  /** Told of every failed call, with what the model is not told; what it throws is dropped. @defaultValue nothing */
  readonly onFailure?: (failure: ToolFailure) => void
}

const INSTRUCTIONS = `BIGHUB judges actions before they run and learns from what became of them.
Before an action that matters call bighub_actions_evaluate and follow its recommendation: proceed, proceed_with_caution, \
review_recommended (wait for a person) or do_not_proceed. Afterwards say what became of it with bighub_outcomes_report and the request_id.`

/**
 * The decision API as an MCP server, not yet connected to a transport.
 *
 * @example
 * const server = createMcpServer(createEngine(), { tools: ['evaluate', 'outcomes'] })
 * await server.connect(transport)
 * @throws ConfigurationError for `tools`.
 */
export function createMcpServer(api: PartialDecisionApi, options: McpServerOptions = {}): McpServer {
  return prepareMcpServer(api, options).create()
}

/** A choice of tools, from which any number of servers are made: one for a session or a request. */
export interface PreparedMcpServer {
  readonly toolCount: number
  readonly create: () => McpServer
}

/** @throws ConfigurationError for `tools`. */
export function prepareMcpServer(api: PartialDecisionApi, options: McpServerOptions): PreparedMcpServer {
  const { sendHttpRequest, by = 'mcp', onFailure } = options
  const all = sendHttpRequest ? [httpRequestTool(sendHttpRequest), ...ROUTE_TOOLS] : ROUTE_TOOLS
  const tools = new Map(selectTools(all, api, options).map((tool) => [tool.name, tool]))
  return {
    toolCount: tools.size,
    create: () => {
      const mcp = new McpServer(
        { name: 'bighub-mcp', version: VERSION },
        { capabilities: { tools: {} }, instructions: INSTRUCTIONS },
      )
      // Below `registerTool`, which would convert every schema again for each session and answer wrong inputs without a code.
      mcp.server.setRequestHandler('tools/list', () => ({ tools: [...tools.values()].map(toDefinition) }))
      mcp.server.setRequestHandler('tools/call', ({ params }, context) => {
        const tool = tools.get(params.name)
        if (!tool) throw unknownTool(params.name)
        return callTool(tool, api, params.arguments, { by, signal: context.mcpReq.signal }, onFailure)
      })
      return mcp
    },
  }
}

async function callTool(
  tool: Tool,
  api: PartialDecisionApi,
  given: Readonly<Record<string, unknown>> | undefined,
  options: { readonly by: string; readonly signal: AbortSignal },
  onFailure: McpServerOptions['onFailure'],
): Promise<CallToolResult> {
  try {
    const inputs = tool.inputs.safeParse(withoutNulls(given ?? {}))
    if (!inputs.success) throw InvalidInputError.fromZod(tool.name, inputs.error)
    return toResult(tool, await tool.call(api, inputs.data, options))
  } catch (error) {
    const requestId = requestIdOf(error) ?? `mcp_${crypto.randomUUID()}`
    const failure = { tool: tool.name, code: codeOf(error), requestId, error }
    tell(onFailure, failure)
    return toErrorResult(failure)
  }
}

/** What a callback throws must not take the model's answer away. */
function tell(onFailure: McpServerOptions['onFailure'], failure: ToolFailure): void {
  try {
    onFailure?.(failure)
  } catch {
    // There is nobody else to tell.
  }
}

/** Models write null for an input that they leave out. */
function withoutNulls(inputs: Readonly<Record<string, unknown>>): Record<string, unknown> {
  return Object.fromEntries(Object.entries(inputs).filter(([, value]) => value !== null))
}

function unknownTool(name: string): ProtocolError {
  return new ProtocolError(
    ProtocolErrorCode.InvalidParams,
    `Tool ${JSON.stringify(name.slice(0, 100))} not found; tools/list says which there are`,
  )
}
