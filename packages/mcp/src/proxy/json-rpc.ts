/** A message of either direction, as far as the proxy looks at it; everything else passes through unread. */
export interface Message {
  readonly jsonrpc: '2.0'
  readonly id?: string | number
  readonly method?: string
  readonly params?: Readonly<Record<string, unknown>>
  readonly result?: Readonly<Record<string, unknown>>
  readonly error?: { readonly code: number; readonly message: string; readonly data?: unknown }
}

export type Request = Message & { readonly id: string | number; readonly method: string }
export type Response = Message & { readonly id: string | number }

export function isRequest(message: Message): message is Request {
  return message.method !== undefined && message.id !== undefined
}

export function isResponse(message: Message): message is Response {
  return message.method === undefined && message.id !== undefined
}

/** The generation of 2026 says its protocol in every request, and wants to be told that a result is one. */
export function isOfGeneration2026({ params }: Message): boolean {
  const meta = params?.['_meta'] as Readonly<Record<string, unknown>> | undefined
  return typeof meta?.['io.modelcontextprotocol/protocolVersion'] === 'string'
}
