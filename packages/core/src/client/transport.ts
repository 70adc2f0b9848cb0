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

/** Carries requests. Redirects are not followed. */
export interface Transport {
  /**
   * @throws NetworkError (`answer_too_large`) if the answer is beyond the limit; anything else means that there was no whole answer.
   */
  request(request: TransportRequest): Promise<TransportResponse>
  /** Waits for requests under way. Closing twice is harmless. */
  close(): Promise<void>
}

/** What the client needs from the runtime it is in. */
export interface ClientPlatform {
  /** Whether the environment admits base URLs without TLS in private networks (protocol §1.2). */
  allowsInsecureHttp(): boolean
  createTransport(settings: { readonly origin: string; readonly timeoutMs: number }): Transport
}
