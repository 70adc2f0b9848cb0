import { InvalidInputError } from '@bighub/core/protocol'
import type { BacktestEvent } from './backtest.ts'
import { DecisionStream, streamLineSchema } from './decision-stream.ts'
import { logHeaderSchema, parseExportedRecord, toBacktestEvent } from './engine-log.ts'
import { readLines, TruncatedFileError } from './read-lines.ts'

export interface ReadEventsOptions {
  /** Told of each line that cannot be read; the reading goes on unless it throws. */
  readonly onBadLine: (line: number, message: string) => void
  /** Told after some lines how many bytes of the file were read. */
  readonly onProgress?: (bytes: number) => void
}

/** What one line said, or several lines before it that were due. */
export interface ReadEvent {
  /** 1 for the first line. */
  readonly line: number
  readonly event: BacktestEvent
}

/**
 * What a decision log says, in the order in which it was known: the JSONL stream format, or an engine's own export; gzipped
 * or not. Memory does not grow with the file.
 *
 * @throws errors of the file system as they come.
 */
export async function* readEvents(file: string, options: ReadEventsOptions): AsyncGenerator<ReadEvent, void, void> {
  let bytes = 0
  let read: ((value: unknown) => readonly BacktestEvent[]) | undefined
  try {
    for await (const line of readLines(file, (count) => (bytes = count))) {
      let events: readonly BacktestEvent[] = []
      try {
        const value: unknown = JSON.parse(line.text)
        if (!read) {
          const isLog = logHeaderSchema.safeParse(value).success
          read = isLog
            ? (record) => [toBacktestEvent(parseExportedRecord(record))]
            : readStreamLine(new DecisionStream())
          if (isLog) continue
        }
        events = read(value)
      } catch (error) {
        options.onBadLine(line.number, messageOf(error))
      }
      for (const event of events) yield { line: line.number, event }
      if (line.number % 256 === 0) options.onProgress?.(bytes)
    }
  } catch (error) {
    if (!(error instanceof TruncatedFileError)) throw error
    options.onBadLine(error.line, messageOf(error))
  }
}

function messageOf(error: unknown): string {
  return error instanceof Error ? error.message : String(error)
}

function readStreamLine(stream: DecisionStream): (value: unknown) => readonly BacktestEvent[] {
  return (value) => {
    const parsed = streamLineSchema.safeParse(value)
    if (!parsed.success) throw InvalidInputError.fromZod('a decision', parsed.error)
    return stream.add(parsed.data)
  }
}
