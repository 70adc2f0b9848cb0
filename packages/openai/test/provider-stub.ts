import { createServer, type IncomingMessage, type ServerResponse } from 'node:http'
import type { AddressInfo } from 'node:net'
import OpenAI from 'openai'
import { onTestFinished } from 'vitest'
import { answerTo, type ScriptedTurn, type SeenRequest } from './provider-script.ts'

/** A server on loopback that speaks the provider's protocol, by script, and the real client for it. */
export interface ProviderStub {
  readonly client: OpenAI
  readonly requests: readonly SeenRequest[]
}

/** Starts a {@link ProviderStub} that ends with the test. */
export async function startProvider(...script: readonly ScriptedTurn[]): Promise<ProviderStub> {
  const requests: SeenRequest[] = []
  const server = createServer((request, response) => {
    void readBody(request).then((body) => {
      const seen = { path: request.url ?? '', body }
      requests.push(seen)
      const turn = script[requests.length - 1]
      send(response, answerTo(seen, turn, requests.length), turn?.breaks)
    })
  })
  await new Promise<void>((resolve) => server.listen(0, '127.0.0.1', resolve))
  onTestFinished(() => {
    server.closeAllConnections()
    server.close()
  })
  const { port } = server.address() as AddressInfo
  return { requests, client: new OpenAI({ apiKey: 'sk-test', baseURL: `http://127.0.0.1:${port}/v1` }) }
}

async function readBody(request: IncomingMessage): Promise<Record<string, unknown>> {
  const chunks: Buffer[] = []
  for await (const chunk of request) chunks.push(chunk as Buffer)
  return JSON.parse(Buffer.concat(chunks).toString()) as Record<string, unknown>
}

function send(
  response: ServerResponse,
  { status, contentType, pieces }: ReturnType<typeof answerTo>,
  breaks: ScriptedTurn['breaks'],
): void {
  if (breaks === 'at once') {
    response.destroy()
    return
  }
  response.writeHead(status, { 'content-type': contentType })
  for (const piece of breaks === 'midway' ? pieces.slice(0, 2) : pieces) response.write(piece)
  // What was written has to arrive before the connection is cut.
  if (breaks === 'midway') response.write('', () => response.destroy())
  else response.end()
}
