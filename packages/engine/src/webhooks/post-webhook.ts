import { request as requestHttp } from 'node:http'
import { request as requestHttps } from 'node:https'
import type { LookupFunction } from 'node:net'
import type { ReceiverAddress } from './receiver-address.ts'

/** Of an answer's body at most this much is read, and nothing kept; after that the connection is dropped. */
const MOST_ANSWER_BYTES = 64 * 1024

export interface WebhookPost {
  readonly url: URL
  /** Where to connect, whatever the name leads to by now. */
  readonly addresses: readonly ReceiverAddress[]
  readonly headers: Readonly<Record<string, string>>
  readonly body: string
  /** Ends the attempt. */
  readonly signal: AbortSignal
}

/** Sends a webhook and gives the status of the answer. Never follows a redirect. Rejects if there is no answer. */
export type PostWebhook = (post: WebhookPost) => Promise<number>

/** By Node's own client, connected to the checked addresses: the name is not resolved a second time. */
export const postWebhook: PostWebhook = ({ url, addresses, headers, body, signal }) =>
  new Promise((resolve, reject) => {
    const send = url.protocol === 'https:' ? requestHttps : requestHttp
    const request = send(url, {
      method: 'POST',
      headers: { ...headers, 'content-length': String(Buffer.byteLength(body)) },
      lookup: pinned(addresses),
      // A connection of its own: a kept one would go to an address that was checked long ago.
      agent: false,
      signal,
    })
    request.on('error', reject)
    request.on('response', (answer) => {
      const status = answer.statusCode ?? 0
      let bytes = 0
      answer.on('data', (chunk: Buffer) => {
        bytes += chunk.length
        if (bytes > MOST_ANSWER_BYTES) answer.destroy()
      })
      // The status is what counts: a body that breaks off or does not end in time changes nothing.
      answer.on('error', () => undefined)
      answer.on('close', () => resolve(status))
    })
    request.end(body)
  })

function pinned(addresses: readonly ReceiverAddress[]): LookupFunction {
  return (_name, options, callback) => {
    const [first] = addresses
    if (options.all) callback(null, [...addresses])
    else callback(null, first?.address ?? '', first?.family)
  }
}
