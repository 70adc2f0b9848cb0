import { LOG_LEVELS, type Logger, type LogLevel } from './logger.ts'

export interface JsonLoggerOptions {
  /** What is less important is not written. @defaultValue 'info' */
  readonly level?: LogLevel
  /** Takes whole lines, several at a time. */
  readonly write: (lines: string) => void
  /** @defaultValue Date.now */
  readonly now?: () => number
}

/** Writes one JSON object a line: `time`, `level`, `message` and the facts. */
export class JsonLogger implements Logger {
  readonly #least: number
  readonly #write: (lines: string) => void
  readonly #now: () => number
  #waiting = ''

  constructor({ level = 'info', write, now = Date.now }: JsonLoggerOptions) {
    this.#least = LOG_LEVELS.indexOf(level)
    this.#write = write
    this.#now = now
  }

  log(level: Exclude<LogLevel, 'silent'>, message: string, facts: Readonly<Record<string, unknown>> = {}): void {
    if (LOG_LEVELS.indexOf(level) < this.#least) return
    // Writing to a pipe blocks; the lines of one turn of the event loop go out together.
    if (this.#waiting === '') setImmediate(() => this.flush())
    this.#waiting += `${JSON.stringify({ time: new Date(this.#now()).toISOString(), level, message, ...facts }, writeErrors)}\n`
  }

  /** Writes what still waits, before a process ends. */
  flush(): void {
    const lines = this.#waiting
    this.#waiting = ''
    if (lines !== '') this.#write(lines)
  }
}

/** `JSON.stringify` sees nothing in an error. */
function writeErrors(_: string, value: unknown): unknown {
  if (!(value instanceof Error)) return value
  const { name, message, stack, cause } = value
  return { name, message, stack, ...('code' in value ? { code: value.code } : {}), ...(cause ? { cause } : {}) }
}
