import { parseArgs } from 'node:util'
import { ConfigurationError } from '@bighub/core/protocol'

export const HELP = `bighub-mcp: the decision layer in front of AI agents' tool calls, as MCP tools

  bighub-mcp [options]           over stdin and stdout
  bighub-mcp --http [options]    over streamable HTTP on 127.0.0.1

  --file <path>     database of the engine in this process (default .bighub/bighub.db)
  --tools <names>   only these, separated by commas: resources (outcomes), methods (evaluate) or whole names
  --read-only       only tools that change nothing
  --port <number>   with --http (default 8790; 0: any free one)
  --help, --version

With BIGHUB_BASE_URL a server decides, else this process does, without an account.
Also read: BIGHUB_API_KEY, BIGHUB_BEARER_TOKEN, BIGHUB_TIMEOUT_MS, BIGHUB_MAX_RETRIES, BIGHUB_ALLOW_INSECURE_HTTP.`

/** What the words of the command ask for. */
export interface CommandLine {
  readonly show: 'help' | 'version' | null
  readonly isHttp: boolean
  readonly port: number | undefined
  readonly file: string | undefined
  readonly tools: readonly string[] | undefined
  readonly isReadOnly: boolean
}

/** @throws ConfigurationError naming the option that is unknown or whose value cannot work. */
export function readCommandLine(words: readonly string[]): CommandLine {
  const values = parse(words)
  if (values.port !== undefined && !values.http)
    throw new ConfigurationError('--port', 'goes with --http; over stdin and stdout there is no port')
  return {
    show: values.help ? 'help' : values.version ? 'version' : null,
    isHttp: values.http,
    port: values.port === undefined ? undefined : portOf(values.port),
    file: values.file,
    tools: values.tools
      ?.split(',')
      .map((word) => word.trim())
      .filter((word) => word !== ''),
    isReadOnly: values['read-only'],
  }
}

interface Values {
  readonly http: boolean
  readonly port?: string
  readonly file?: string
  readonly tools?: string
  readonly 'read-only': boolean
  readonly help: boolean
  readonly version: boolean
}

function parse(words: readonly string[]): Values {
  try {
    return parseArgs({
      args: [...words],
      options: {
        http: { type: 'boolean', default: false },
        port: { type: 'string' },
        file: { type: 'string' },
        tools: { type: 'string' },
        'read-only': { type: 'boolean', default: false },
        help: { type: 'boolean', default: false },
        version: { type: 'boolean', default: false },
      },
    }).values
  } catch (error) {
    throw new ConfigurationError('options', error instanceof Error ? error.message : String(error))
  }
}

function portOf(text: string): number {
  const port = Number(text)
  if (text === '' || !Number.isInteger(port) || port < 0 || port > 65_535)
    throw new ConfigurationError('--port', `${JSON.stringify(text)} is not a port, 0 to 65535`)
  return port
}
