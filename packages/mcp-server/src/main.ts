#!/usr/bin/env node
import { BighubError } from '@bighub/core/protocol'
import { serveStdio } from '@modelcontextprotocol/server/stdio'
import { HELP, readCommandLine } from './command-line.ts'
import { type PreparedMcpServer, prepareMcpServer } from './create-mcp-server.ts'
import { type Environment, readEnvironment } from './environment.ts'
import { serveHttp } from './http/serve-http.ts'
import type { ToolFailure } from './tools/to-error-result.ts'
import { VERSION } from './version.ts'
import { openDecisionSource } from './wiring.ts'

/** 1: it failed. 2: options or environment cannot work. */
const EXIT = { failed: 1, usage: 2 } as const

/** For people. Standard output belongs to the protocol. */
function say(line: string): void {
  process.stderr.write(`bighub-mcp: ${line}\n`)
}

try {
  const command = readCommandLine(process.argv.slice(2))
  if (command.show !== null) process.stdout.write(`${command.show === 'help' ? HELP : VERSION}\n`)
  else await run(command)
} catch (error) {
  say(error instanceof Error ? error.message : String(error))
  process.exitCode = BighubError.isInstance(error) && error.code === 'configuration_invalid' ? EXIT.usage : EXIT.failed
}

async function run(command: ReturnType<typeof readCommandLine>): Promise<void> {
  const environment = readEnvironment(process.env)
  warn(environment, command.file)
  const source = openDecisionSource(environment, command.file)
  try {
    const prepared = prepareMcpServer(source.api, {
      ...(source.sendHttpRequest ? { sendHttpRequest: source.sendHttpRequest } : {}),
      ...(command.tools ? { tools: command.tools } : {}),
      isReadOnly: command.isReadOnly,
      onFailure: logFailure,
    })
    const signalled = firstSignal()
    say(`${VERSION}, ${prepared.toolCount} tools, ${source.description}`)
    await (command.isHttp ? overHttp(prepared, command.port, signalled) : overStdio(prepared, signalled))
  } finally {
    await source.close()
  }
}

function warn({ baseUrl, apiKey, bearerToken }: Environment, file: string | undefined): void {
  const hasCredential = apiKey !== null || bearerToken !== null
  if (baseUrl === null && hasCredential)
    say('a key is set and BIGHUB_BASE_URL is not: this process decides, the key is not used')
  if (baseUrl !== null && file !== undefined) say('BIGHUB_BASE_URL is set: a server decides, --file is not used')
  if (baseUrl !== null && !hasCredential)
    say('neither BIGHUB_API_KEY nor BIGHUB_BEARER_TOKEN is set: most tools will be refused')
}

/** Until the client has closed its end, or a signal came. */
async function overStdio({ create }: PreparedMcpServer, signalled: Promise<void>): Promise<void> {
  const connection = serveStdio(create, { onerror: (error) => say(error.message) })
  const closed = new Promise<void>((resolve) => {
    process.stdin.once('end', resolve)
    process.stdin.once('close', resolve)
  })
  await Promise.race([closed, signalled])
  await connection.close()
}

/** Until a signal came. */
async function overHttp(
  { create }: PreparedMcpServer,
  port: number | undefined,
  signalled: Promise<void>,
): Promise<void> {
  const endpoint = await serveHttp(create, {
    ...(port === undefined ? {} : { port }),
    onError: (error) => say(error.message),
  })
  say(`listening on ${endpoint.url}`)
  await signalled
  await endpoint.close()
}

/** SIGINT or SIGTERM. The first one ends this in order; a second one at once, as it does without us. */
function firstSignal(): Promise<void> {
  return new Promise((resolve) => {
    for (const signal of ['SIGINT', 'SIGTERM'] as const) process.once(signal, () => resolve())
  })
}

/** What went wrong on purpose is one line; of anything else whoever runs this needs the stack. */
function logFailure({ tool, code, requestId, error }: ToolFailure): void {
  const words = BighubError.isInstance(error) ? error.message : error instanceof Error ? error.stack : String(error)
  say(`${tool} failed (${code}, ${requestId}): ${words}`)
}
