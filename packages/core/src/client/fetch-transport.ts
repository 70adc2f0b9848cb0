import { NetworkError } from './errors/network-error.ts'
import type { ClientPlatform, Transport, TransportRequest } from './transport.ts'

/** The part of `fetch` that is called. */
export type Fetch = (url: string, init: RequestInit) => Promise<Response>

/** The client on edge runtimes and in browsers. */
export const webClientPlatform: ClientPlatform = {
  allowsInsecureHttp: () => false,
  // Looked up at each request, so that whoever instruments `fetch` later is heard too.
  createTransport: () => createFetchTransport((url, init) => fetch(url, init)),
}

/** Requests through `fetch`. Connections are the runtime's own affair. */
export function createFetchTransport(fetch: Fetch): Transport {
  return {
    async request({ method, url, headers, body, signal, maxAnswerBytes }) {
      const response = await fetch(url, { method, headers, body, signal, redirect: 'manual' })
      return {
        status: response.type === 'opaqueredirect' ? 0 : response.status,
        header: (name) => response.headers.get(name),
        text: await readText(response, maxAnswerBytes),
      }
    },
    close: async () => undefined,
  }
}

async function readText({ headers, body }: Response, maxBytes: number): Promise<string> {
  if (body === null) return ''
  const reader = body.getReader()
  try {
    assertSize(Number(headers.get('content-length') ?? 0), maxBytes)
    return await decode(reader, maxBytes)
  } catch (error) {
    // Frees the connection of an answer that is not read to its end; what it says to that is of no interest.
    reader.cancel().catch(() => undefined)
    throw error
  }
}

async function decode(reader: ReadableStreamDefaultReader<Uint8Array>, maxBytes: number): Promise<string> {
  const decoder = new TextDecoder()
  let text = ''
  let bytes = 0
  for (;;) {
    const { done, value } = await reader.read()
    if (done) return text + decoder.decode()
    bytes += value.byteLength
    assertSize(bytes, maxBytes)
    text += decoder.decode(value, { stream: true })
  }
}

/** @throws NetworkError (`answer_too_large`). */
export function assertSize(bytes: number, maxBytes: TransportRequest['maxAnswerBytes']): void {
  if (bytes > maxBytes)
    throw new NetworkError(
      'answer_too_large',
      `the answer has more than ${maxBytes} bytes (maxAnswerBytes). Ask for fewer entries, or raise the option.`,
    )
}
