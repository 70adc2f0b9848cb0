/** What the guard needs from the runtime it is in. Node and the web each have one; nothing else in core touches the runtime. */
export interface Platform {
  /** SHA-256 of the UTF-8 text, lower-case hex. */
  sha256Hex(text: string): string | Promise<string>
  /** Runs `task` soon, after what the caller is doing now. */
  defer(task: () => void): void
  /** Carries a value through everything `fn` starts; on the web only through its synchronous part. */
  createCarrier<T>(): Carrier<T>
  /** An identifier that nobody can guess, 22 characters or more. */
  randomId(): string
  /** Milliseconds since the epoch. */
  readonly now: () => number
}

export interface Carrier<T> {
  run<R>(value: T, fn: () => R): R
  current(): T | undefined
}
