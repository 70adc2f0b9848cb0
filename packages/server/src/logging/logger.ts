/** Least important first. */
export const LOG_LEVELS = ['debug', 'info', 'warn', 'error', 'silent'] as const
export type LogLevel = (typeof LOG_LEVELS)[number]

/** Takes what happened. Facts never hold keys, tokens, bodies or queries. */
export interface Logger {
  log(level: Exclude<LogLevel, 'silent'>, message: string, facts?: Readonly<Record<string, unknown>>): void
}

/** Where nobody wants to hear. */
export const SILENT: Logger = { log: () => undefined }
