import { createServer } from 'node:http'
import type { AddressInfo } from 'node:net'
import Anthropic from '@anthropic-ai/sdk'
import { onTestFinished } from 'vitest'
import { answerTo, type Call, type ProviderRequest, type ReadResult, readResults } from './provider-script.ts'

/** A server on loopback that speaks the provider's protocol, by script, and the real client for it. */
export interface ProviderStub {
  readonly client: Anthropic
  /** What the model read in its last request, by call id. */
  results(): Readonly<Record<string, ReadResult>>
}

/** Starts a {@link ProviderStub} that ends with the test. After its script the model says "done". */
export async function startProvider(...script: readonly (readonly Call[])[]): Promise<ProviderStub> {
  const requests: ProviderRequest[] = []
  const server = createServer((request, response) => {
    let text = ''
    request.setEncoding('utf8').on('data', (chunk: string) => (text += chunk))
    request.on('end', () => {
      requests.push(JSON.parse(text) as ProviderRequest)
      response.writeHead(200, { 'content-type': 'application/json' })
      response.end(JSON.stringify(answerTo(script[requests.length - 1])))
    })
  })
  await new Promise<void>((resolve) => server.listen(0, '127.0.0.1', resolve))
  onTestFinished(() => {
    server.closeAllConnections()
    server.close()
  })
  const { port } = server.address() as AddressInfo
  const client = new Anthropic({ apiKey: 'sk-test', baseURL: `http://127.0.0.1:${port}`, maxRetries: 0 })
  return { client, results: () => readResults(requests.at(-1)) }
}
