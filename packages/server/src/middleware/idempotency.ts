import { createHash } from 'node:crypto'
import type { DecisionHost, Principal, StoredAnswer } from '@bighub/core/protocol'
import type { Answer } from '../http/answer.ts'
import { RequestError, type RequestFault } from '../http/request-error.ts'
import { openText, sealText } from '../http/seal.ts'

/** Printable ASCII, as many characters as a header may reasonably have. */
const SANE_KEY = /^[\x21-\x7e](?:[\x20-\x7e]{0,253}[\x21-\x7e])?$/

/** What a key's answer is bound to. */
export interface KeyedRequest {
  readonly host: DecisionHost
  readonly principal: Principal
  readonly request: Request
  /** Path and query, as the client wrote them. */
  readonly target: string
  readonly body: string
  /** Makes the stored text an answer again. */
  readonly restore: (stored: StoredAnswer) => Answer
  /** Hears of an answer that could not be stored, which is given all the same. */
  readonly onError: (error: unknown) => void
}

/**
 * Does the work once for each idempotency key (protocol §4): the same key with the same body gets the stored answer, with another
 * body a refusal, and while the first is under way a 409, which clients repeat. A request without a key is just done.
 *
 * Stored is what the method made of it: results and refusals such as 404. What may pass or was never begun is not: 5xx, 429, and
 * input of the wrong form, after which the same key may come with a mended body.
 *
 * @throws RequestError 409 or 422
 */
export async function onceByKey(keyed: KeyedRequest, work: () => Promise<Answer>): Promise<Answer> {
  const key = keyed.request.headers.get('idempotency-key')
  if (!key) return work()
  if (!SANE_KEY.test(key)) throw refusal('idempotency_key_invalid', 'needs 1 to 255 printable ASCII characters')
  const { host, principal, body } = keyed
  const scope = scopeOf(keyed, key)
  const taken = await host.idempotency.begin(principal.organisation, scope, digest(body))
  if (taken.turn === 'in_progress')
    throw refusal('idempotency_in_progress', 'is being processed right now; ask again for its answer')
  if (taken.turn === 'reused')
    throw refusal('idempotency_key_reuse', 'was used with another body; take a new key for a new request')
  return taken.turn === 'repeat' ? replay(keyed, taken.answer, key) : first(keyed, { key, scope }, work)
}

async function first(
  keyed: KeyedRequest,
  { key, scope }: { readonly key: string; readonly scope: string },
  work: () => Promise<Answer>,
): Promise<Answer> {
  const { idempotency } = keyed.host
  const { organisation } = keyed.principal
  const answer = await work()
  try {
    if (isFinal(answer))
      await idempotency.finish(organisation, scope, { status: answer.status, body: sealText(answer.body, key) })
    else await idempotency.abandon(organisation, scope)
  } catch (error) {
    // It is done and cannot be undone: the client has to hear of it. The turn is free again in a minute.
    keyed.onError(error)
  }
  return answer
}

function isFinal({ status }: Answer): boolean {
  return status < 500 && status !== 422 && status !== 429 && status !== 499
}

function replay(keyed: KeyedRequest, { status, body }: StoredAnswer, key: string): Answer {
  const answer = keyed.restore({ status, body: openText(body, key) })
  return { ...answer, headers: { ...answer.headers, 'idempotency-replayed': 'true' } }
}

function scopeOf({ principal, request, target }: KeyedRequest, key: string): string {
  return digest(JSON.stringify([principal.by, request.method, target, key]))
}

function digest(text: string): string {
  return createHash('sha256').update(text).digest('hex')
}

function refusal(code: RequestFault, message: string): RequestError {
  return new RequestError(code, `the idempotency key ${message}`, { location: ['header', 'idempotency-key'] })
}
