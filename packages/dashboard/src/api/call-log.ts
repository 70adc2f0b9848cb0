/** One request that a page made. */
export interface LoggedCall {
  readonly verb: string
  /** Path and query. */
  readonly path: string
  readonly body: string | null
  /** Null while it is under way or where nothing answered. */
  readonly status: number | null
  readonly milliseconds: number | null
}

/** Calls that are shown; a page that polls must not grow without end. */
const MOST = 12

/** What the page on screen asked for, newest last, the same call once. */
export class CallLog {
  #calls: readonly LoggedCall[] = []
  readonly #listeners = new Set<() => void>()

  get calls(): readonly LoggedCall[] {
    return this.#calls
  }

  add(call: LoggedCall): void {
    const others = this.#calls.filter(({ verb, path }) => verb !== call.verb || path !== call.path)
    this.#calls = [...others, call].slice(-MOST)
    this.#tell()
  }

  /** Another page begins. */
  clear(): void {
    this.#calls = []
    this.#tell()
  }

  listen(listener: () => void): () => void {
    this.#listeners.add(listener)
    return () => void this.#listeners.delete(listener)
  }

  #tell(): void {
    for (const listener of this.#listeners) listener()
  }
}

/** The call as a command. The key is a variable: what is copied may be pasted anywhere. */
export function toCurl({ verb, path, body }: LoggedCall, origin: string): string {
  const words = [`curl ${quote(origin + path)}`, `-H "X-API-Key: $BIGHUB_API_KEY"`]
  if (verb !== 'GET') words.splice(1, 0, `-X ${verb}`)
  if (body !== null) words.push(`-H 'Content-Type: application/json'`, `-d ${quote(body)}`)
  return words.join(' \\\n  ')
}

function quote(text: string): string {
  return `'${text.replaceAll("'", String.raw`'\''`)}'`
}
