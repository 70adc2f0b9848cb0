/** Text, bytes as they are, or what comes as it happens. */
export type AnswerBody = string | Uint8Array<ArrayBuffer> | ReadableStream

/** What is sent back, before the headers that every answer has. */
export interface Answer<Body = string> {
  readonly status: number
  readonly body: Body
  /** Lower-case names. */
  readonly headers?: Readonly<Record<string, string>>
}

/** A JSON answer; its content type is the default of every answer. */
export function jsonAnswer(status: number, value: unknown, headers?: Readonly<Record<string, string>>): Answer {
  const body = JSON.stringify(value)
  return headers ? { status, body, headers } : { status, body }
}
