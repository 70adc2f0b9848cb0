const BRAND: unique symbol = Symbol.for('bighub.error')

/** Facts that every error of this product carries besides its message. */
export interface BighubErrorOptions {
  /** The error that led to this one. */
  readonly cause?: unknown
  /** Whether the same request may succeed if it is made again. @defaultValue false */
  readonly isRetryable?: boolean
}

/**
 * Base class of all errors thrown on purpose.
 *
 * `instanceof` fails across two copies of a package, so use `BighubError.isInstance(error)` and switch on `code`.
 */
export class BighubError extends Error {
  /** Machine-readable, snake_case; stable across releases. */
  readonly code: string
  readonly isRetryable: boolean
  /** Marker that survives two copies of this package in one process. */
  readonly [BRAND] = true

  constructor(code: string, message: string, options: BighubErrorOptions = {}) {
    super(message, options.cause === undefined ? undefined : { cause: options.cause })
    this.name = new.target.name
    this.code = code
    this.isRetryable = options.isRetryable ?? false
  }

  static isInstance(error: unknown): error is BighubError {
    return typeof error === 'object' && error !== null && BRAND in error
  }
}
