import { InvalidInputError } from '@bighub/core/protocol'
import { Backtest, type BacktestEvent, type BacktestResult } from './backtest.ts'
import { DecisionStream, streamLineSchema } from './decision-stream.ts'
import { logHeaderSchema, parseExportedRecord, toBacktestEvent } from './engine-log.ts'
import { readLines, TruncatedFileError } from './read-lines.ts'

export interface BacktestFileOptions {
  /** Stop at the first line that cannot be read. @defaultValue false: it is counted and passed over */
  readonly strict?: boolean
  /** Told of each line that cannot be read. */
  readonly onBadLine?: (line: number, message: string) => void
  /** Told how many bytes of the file were read and how many decisions replayed. */
  readonly onProgress?: (bytes: number, decisions: number) => void
}

export interface FileBacktest extends BacktestResult {
  readonly file: string
  /** Lines that could not be read. */
  readonly skipped: number
}

/** A line that cannot be read, in strict mode. */
export class BadLineError extends Error {
  readonly line: number

  constructor(file: string, line: number, message: string) {
    super(`${file}:${line}: ${message}`)
    this.name = 'BadLineError'
    this.line = line
  }
}

/**
 * Replays a decision log: the JSONL stream format, or an engine's own export; gzipped or not. Memory does not grow with the
 * file: what is kept is the engine's bounded state and the decisions whose outcome is not known yet.
 *
 * @throws BadLineError in strict mode; errors of the file system as they come.
 */
export async function backtestFile(file: string, options: BacktestFileOptions = {}): Promise<FileBacktest> {
  const backtest = new Backtest()
  let bytes = 0
  let skipped = 0
  const complain = (line: number, error: unknown): void => {
    const message = error instanceof Error ? error.message : String(error)
    if (options.strict) throw new BadLineError(file, line, message)
    skipped++
    options.onBadLine?.(line, message)
  }
  let read: ((value: unknown) => readonly BacktestEvent[]) | undefined
  try {
    for await (const line of readLines(file, (count) => (bytes = count))) {
      try {
        const value: unknown = JSON.parse(line.text)
        if (!read) {
          const isLog = logHeaderSchema.safeParse(value).success
          read = isLog
            ? (record) => [toBacktestEvent(parseExportedRecord(record))]
            : readStreamLine(new DecisionStream())
          if (isLog) continue
        }
        for (const event of read(value)) backtest.add(event)
      } catch (error) {
        complain(line.number, error)
      }
      if (line.number % 256 === 0) options.onProgress?.(bytes, backtest.decisions)
    }
  } catch (error) {
    if (!(error instanceof TruncatedFileError)) throw error
    complain(error.line, error)
  }
  return { file, ...backtest.result(), skipped }
}

function readStreamLine(stream: DecisionStream): (value: unknown) => readonly BacktestEvent[] {
  return (value) => {
    const parsed = streamLineSchema.safeParse(value)
    if (!parsed.success) throw InvalidInputError.fromZod('a decision', parsed.error)
    return stream.add(parsed.data)
  }
}
