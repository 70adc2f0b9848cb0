import { BighubError, type DecisionHost } from '@bighub/core/protocol'
import { type Answer, jsonAnswer } from '../http/answer.ts'
import { RequestError } from '../http/request-error.ts'
import type { Drain } from '../middleware/drain.ts'

/** The process is there and answers. */
export function healthAnswer(): Answer {
  return jsonAnswer(200, { status: 'ok' })
}

/** Decisions can be made and kept right now. @throws RequestError 503 if they cannot, or the server is closing. */
export async function readyAnswer(host: DecisionHost, drain: Drain): Promise<Answer> {
  drain.assertOpen()
  try {
    await host.assertReady()
  } catch (error) {
    const code = BighubError.isInstance(error) ? error.code : 'internal_error'
    const headers = { 'retry-after': '1' }
    throw new RequestError('not_ready', `decisions cannot be made right now (${code})`, { headers })
  }
  return jsonAnswer(200, { status: 'ready' })
}
