/** Options of one request to the provider. */
export interface ProviderRequestOptions {
  readonly timeout: number
  readonly maxRetries: number
  readonly signal?: AbortSignal
}

interface Creating {
  // The request's body is of the provider's own type, which differs between versions of its SDK.
  // oxlint-disable-next-line typescript/no-explicit-any
  create(body: any, options?: ProviderRequestOptions): PromiseLike<unknown>
}

/** The part of the OpenAI client that is used, so that compatible ones fit too. */
export interface OpenAIClient {
  readonly responses?: Creating
  readonly chat?: { readonly completions: Creating }
}
