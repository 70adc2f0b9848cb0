import { RequestError, type RequestFault } from '../http/request-error.ts'

/** Deepest nesting of a body. What is recorded nests 64 levels at most; a batch adds a few around it. */
export const MAX_BODY_DEPTH = 100

const JSON_TYPE = /^application\/(?:[\w.+-]+\+)?json\s*(?:;|$)/i

/**
 * The text of a request's body.
 *
 * @throws RequestError 413 as soon as the body is known to be longer than `maxBytes`, 415 if it says that it is something else than
 * JSON.
 */
export async function readBodyText(request: Request, maxBytes: number): Promise<string> {
  const announced = request.headers.get('content-length')
  const length = announced === null ? null : Number(announced)
  if (length !== null && length > maxBytes) throw tooLarge(maxBytes)
  const text = await readText(request, length === null ? maxBytes : null)
  if (text !== '') assertJsonType(request)
  return text
}

/** @throws RequestError 422 if the text is not JSON or nests too deep; undefined where there is no body. */
export function parseBody(text: string): unknown {
  if (text === '') return undefined
  // Whatever walks the value afterwards may recurse: the limit is what keeps its stack.
  if (depthExceeds(text, MAX_BODY_DEPTH))
    throw invalid('json_too_deep', `the body nests deeper than ${MAX_BODY_DEPTH} levels`)
  try {
    return JSON.parse(text) as unknown
  } catch (error) {
    // The parser's words quote the body, which may hold a secret.
    const [place = ''] = /at position \d+/.exec((error as Error).message) ?? []
    throw invalid('json_invalid', ['the body is not JSON', place].filter(Boolean).join(' '))
  }
}

/** @param maxBytes - Null: the connection's parser hands over no more than was announced. */
async function readText(request: Request, maxBytes: number | null): Promise<string> {
  try {
    return maxBytes === null ? await request.text() : await readBounded(request, maxBytes)
  } catch (error) {
    if (error instanceof RequestError) throw error
    // Nobody reads this; the status keeps it apart from failures of ours.
    throw new RequestError('client_closed_request', 'the body broke off before its end')
  }
}

async function readBounded(request: Request, maxBytes: number): Promise<string> {
  if (!request.body) return ''
  const decoder = new TextDecoder()
  let text = ''
  let size = 0
  for await (const chunk of request.body) {
    size += chunk.byteLength
    if (size > maxBytes) throw tooLarge(maxBytes)
    text += decoder.decode(chunk, { stream: true })
  }
  return text + decoder.decode()
}

function assertJsonType(request: Request): void {
  const type = request.headers.get('content-type')
  if (type !== null && !JSON_TYPE.test(type))
    throw new RequestError('unsupported_media_type', 'the body needs the content type application/json')
}

function tooLarge(maxBytes: number): RequestError {
  const message = `the body is longer than ${maxBytes} bytes; send less at once`
  // What is left of it is not read, so the connection cannot be used again.
  return new RequestError('body_too_large', message, { headers: { connection: 'close' } })
}

function invalid(code: RequestFault, message: string): RequestError {
  return new RequestError(code, message, { location: ['body'] })
}

const QUOTE = 0x22
const BACKSLASH = 0x5c

/** Whether brackets nest deeper than this, without building anything. Text that is not JSON may give either answer. */
function depthExceeds(text: string, limit: number): boolean {
  let depth = 0
  for (let index = 0; index < text.length; index++) {
    const code = text.charCodeAt(index)
    if (code === QUOTE) {
      index = endOfString(text, index + 1)
    } else if (code === 0x5b || code === 0x7b) {
      if (++depth > limit) return true
    } else if (code === 0x5d || code === 0x7d) depth--
  }
  return false
}

/** Index of the quote that ends a string which begins at `start`. */
function endOfString(text: string, start: number): number {
  for (let end = text.indexOf('"', start); end !== -1; end = text.indexOf('"', end + 1)) {
    let slashes = 0
    while (text.charCodeAt(end - 1 - slashes) === BACKSLASH) slashes++
    // Before `start` stands the opening quote, so that the count ends there.
    if (slashes % 2 === 0) return end
  }
  return text.length
}
