import { NetworkError } from './errors/network-error.ts'

/** One HTTP request as it goes out. */
export interface TransportRequest {
  readonly method: string
  readonly url: string
  readonly headers: Readonly<Record<string, string>>
  readonly body: string | null
  /** Aborted when the caller gives up or the time is over. */
  readonly signal: AbortSignal
  /** An answer with more bytes than this is given up. */
  readonly maxAnswerBytes: number
}

/** One HTTP answer, read to its end. */
export interface TransportResponse {
  /** 0 where a browser hides the status of a redirect. */
  readonly status: number
  /** A header by its lower-case name; null if it is absent. */
  readonly header: (name: string) => string | null
  readonly text: string
}

/** One HTTP answer whose body is read as it comes. */
export interface TransportStream extends Omit<TransportResponse, 'text'> {
  /** To be read once. Ending early frees the connection, as the request's signal does. */
  readonly chunks: AsyncIterable<Uint8Array>
}

/** Carries requests. Redirects are not followed. */
export interface Transport {
  /**
   * @throws NetworkError (`answer_too_large`) if the answer is beyond the limit; anything else means that there was no whole answer.
   */
  request(request: TransportRequest): Promise<TransportResponse>
  /** Resolves when the head of the answer is there. */
  stream(request: Omit<TransportRequest, 'maxAnswerBytes'>): Promise<TransportStream>
  /** Waits for requests under way. Closing twice is harmless. */
  close(): Promise<void>
}

/** What the client needs from the runtime it is in. */
export interface ClientPlatform {
  /** Whether the environment admits base URLs without TLS in private networks (protocol §1.2). */
  allowsInsecureHttp(): boolean
  createTransport(settings: { readonly origin: string; readonly timeoutMs: number }): Transport
}

/** Reads an answer to its end. @throws NetworkError (`answer_too_large`). */
export async function readText({ header, chunks }: TransportStream, maxBytes: number): Promise<string> {
  const announced = Number(header('content-length') ?? 0)
  const decoder = new TextDecoder()
  let text = ''
  let bytes = 0
  for await (const chunk of chunks) {
    bytes += chunk.byteLength
    assertSize(Math.max(bytes, announced), maxBytes)
    text += decoder.decode(chunk, { stream: true })
  }
  return text + decoder.decode()
}

/** @throws NetworkError (`answer_too_large`). */
export function assertSize(bytes: number, maxBytes: TransportRequest['maxAnswerBytes']): void {
  if (bytes > maxBytes)
    throw new NetworkError(
      'answer_too_large',
      `the answer has more than ${maxBytes} bytes (maxAnswerBytes). Ask for fewer entries, or raise the option.`,
    )
}
