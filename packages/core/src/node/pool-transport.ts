import type { Pool } from 'undici'
import {
  assertSize,
  type ClientPlatform,
  type Transport,
  type TransportRequest,
  type TransportResponse,
} from '../client/transport.ts'

/** The client on Node: one pool of kept connections, and the environment. */
export const nodeClientPlatform: ClientPlatform = {
  allowsInsecureHttp: () => /^(?:1|true|yes|on)$/i.test((process.env['BIGHUB_ALLOW_INSECURE_HTTP'] ?? '').trim()),
  createTransport: ({ origin, timeoutMs }) => createPoolTransport(origin, timeoutMs),
}

/**
 * Requests through undici's pool, which takes less than half the CPU time of `fetch`. Loaded with the first request.
 *
 * Connections are not limited in number: each held approval keeps one busy with its long poll, and a limit would let them keep
 * evaluations waiting.
 */
function createPoolTransport(origin: string, timeoutMs: number): Transport {
  let pool: Promise<Pool> | undefined
  const send = async ({ method, url, headers, body, signal }: Omit<TransportRequest, 'maxAnswerBytes'>) => {
    pool ??= openPool(origin, timeoutMs)
    return (await pool).request({ method, path: url.slice(origin.length), headers, body, signal })
  }
  return {
    async request({ maxAnswerBytes, ...request }) {
      const response = await send(request)
      return { ...headOf(response), text: await readText(response, maxAnswerBytes) }
    },
    async stream(request) {
      const response = await send(request)
      // Whoever reads hears of it; once nobody does, it is of no interest.
      const chunks: AsyncIterable<Buffer> = response.body.on('error', () => undefined)
      return { ...headOf(response), chunks }
    },
    close: async () => (await pool)?.close(),
  }
}

async function openPool(origin: string, timeoutMs: number): Promise<Pool> {
  const { Pool } = await import('undici')
  // The signal of each request ends it in time; undici's own limits would cut a long poll short.
  return new Pool(origin, {
    pipelining: 1,
    allowH2: false,
    headersTimeout: 0,
    bodyTimeout: 0,
    connect: { timeout: timeoutMs },
  })
}

type PoolResponse = Awaited<ReturnType<Pool['request']>>

function headOf({ statusCode, headers }: PoolResponse): Pick<TransportResponse, 'status' | 'header'> {
  return { status: statusCode, header: (name) => String(headers[name] ?? '') || null }
}

/** Faster than reading in pieces, which is done only where the length is not known. */
async function readText({ headers, body }: PoolResponse, maxBytes: number): Promise<string> {
  try {
    const length = headers['content-length']
    if (length !== undefined) {
      assertSize(Number(length), maxBytes)
      return await body.text()
    }
    const chunks: Buffer[] = []
    let bytes = 0
    for await (const chunk of body as AsyncIterable<Buffer>) {
      bytes += chunk.byteLength
      assertSize(bytes, maxBytes)
      chunks.push(chunk)
    }
    return new TextDecoder().decode(Buffer.concat(chunks))
  } catch (error) {
    // Frees the connection of an answer that is not read to its end; what it says to that is of no interest.
    body.on('error', () => undefined).destroy()
    throw error
  }
}
