import {
  type ClientPlatform,
  readText,
  type Transport,
  type TransportRequest,
  type TransportStream,
} from './transport.ts'

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
    async request({ maxAnswerBytes, ...request }) {
      const { chunks, ...head } = await open(fetch, request)
      return { ...head, text: await readText({ chunks, ...head }, maxAnswerBytes) }
    },
    stream: (request) => open(fetch, request),
    close: async () => undefined,
  }
}

async function open(
  fetch: Fetch,
  { method, url, headers, body, signal }: Omit<TransportRequest, 'maxAnswerBytes'>,
): Promise<TransportStream> {
  const response = await fetch(url, { method, headers, body, signal, redirect: 'manual' })
  return {
    status: response.type === 'opaqueredirect' ? 0 : response.status,
    header: (name) => response.headers.get(name),
    chunks: readChunks(response.body),
  }
}

/** Not every runtime can iterate over a body. */
async function* readChunks(body: ReadableStream<Uint8Array> | null): AsyncGenerator<Uint8Array, void, void> {
  if (body === null) return
  const reader = body.getReader()
  try {
    for (;;) {
      const { done, value } = await reader.read()
      if (done) return
      yield value
    }
  } finally {
    // Frees the connection of an answer that is not read to its end; what it says to that is of no interest.
    reader.cancel().catch(() => undefined)
  }
}
