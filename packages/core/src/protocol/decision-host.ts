import type { DecisionApi } from './decision-api.ts'
import type { EventItem } from './event.ts'
import type { Scope } from './scope.ts'

/** Who asks, as authentication found. */
export interface Principal {
  /** Whose decisions they may see. An environment (live, test) is an organisation of its own. */
  readonly organisation: string
  /** `key:<key_id>` or `user:<mail>`; what records say of who did it. */
  readonly by: string
  readonly scopes: readonly Scope[]
  /** Null: the server's own limit. */
  readonly rateLimitPerMinute: number | null
}

/** What a client shows to be let in. */
export interface Credential {
  readonly kind: 'api_key' | 'bearer'
  readonly secret: string
  /** The address it comes from; null where there is none. */
  readonly address: string | null
}

/** Why a credential is not good; a client is told no more than that it is not. */
export type CredentialFault = 'unknown' | 'expired' | 'revoked' | 'address_not_allowed'

export type Authentication =
  | { readonly principal: Principal; readonly fault?: undefined }
  | { readonly principal?: undefined; readonly fault: CredentialFault }

/** An answer that was given to a request with an idempotency key. */
export interface StoredAnswer {
  readonly status: number
  /** The body as it was sent. */
  readonly body: string
}

export type IdempotencyTurn =
  /** Nobody has used the key: go on, then `finish` or `abandon`. */
  | { readonly turn: 'first' }
  | { readonly turn: 'repeat'; readonly answer: StoredAnswer }
  | { readonly turn: 'in_progress' }
  /** The key was used with another body. */
  | { readonly turn: 'reused' }

/** Answers by idempotency key, kept 24 hours. A turn whose process died may be taken again after a minute. */
export interface IdempotencyStore {
  /**
   * @param scope - Digest over caller, verb, path and key.
   * @param requestDigest - Digest over the body.
   */
  begin(organisation: string, scope: string, requestDigest: string): Promise<IdempotencyTurn>
  finish(organisation: string, scope: string, answer: StoredAnswer): Promise<void>
  /** The request failed in a way that may pass: the next one with this key is a first one. */
  abandon(organisation: string, scope: string): Promise<void>
}

/** Limits of an organisation; null: none. */
export interface Quotas {
  /** Agents (actors) that were seen this month. */
  readonly agents: number | null
  readonly evaluationsPerMonth: number | null
  /** Days that the words of calls are kept at most, whatever the policy says. */
  readonly historyDays: number | null
}

/** What somebody who follows events wants. */
export interface SubscribeOptions {
  /** The last event that they have seen, which the next ones come after; null: what happens from now on. */
  readonly after: string | null
  /** Ends it. */
  readonly signal: AbortSignal
}

/** Whatever holds the decisions of many organisations: what a server needs besides the route table. */
export interface DecisionHost {
  /** The methods for one organisation. */
  api(organisation: string): Promise<DecisionApi>
  /** Signing up and in, and whether a key is good: what nobody has to be signed in for. */
  readonly open: Pick<DecisionApi, 'auth'> & { readonly apiKeys: Pick<DecisionApi['apiKeys'], 'validate'> }
  readonly idempotency: IdempotencyStore
  authenticate(credential: Credential): Promise<Authentication>
  /**
   * The events of an organisation as they happen, whichever process made them, oldest first and each once; as `events.list` shows
   * them. Throws InvalidInputError if `after` is the id of no event.
   */
  subscribe(organisation: string, options: SubscribeOptions): AsyncIterable<EventItem>
  /** Throws if decisions cannot be made or kept right now. */
  assertReady(): Promise<void>
  close(): Promise<void>
}
