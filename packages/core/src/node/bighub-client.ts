import { BighubClient as WebClient } from '../client/bighub-client.ts'
import type { ClientOptions } from '../client/index.ts'
import { nodeClientPlatform } from './pool-transport.ts'

/**
 * The protocol over HTTP: every resource, the evaluator and the ledger that a guard needs. On Node, requests go over a pool of kept
 * connections, and BIGHUB_ALLOW_INSECURE_HTTP is read.
 */
export class BighubClient extends WebClient {
  /** @throws ConfigurationError naming the option whose value cannot work. */
  constructor(options: ClientOptions = {}) {
    super(options, nodeClientPlatform)
  }
}
