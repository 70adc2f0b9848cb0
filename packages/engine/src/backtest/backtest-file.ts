import { Backtest, type BacktestObserver, type BacktestResult } from './backtest.ts'
import { type Comparison, type ComparisonResult, compareConfigurations } from './compare-configurations.ts'
import type { Configuration } from './configuration.ts'
import { readEvents } from './read-events.ts'

export interface BacktestFileOptions {
  /** Stop at the first line that cannot be read. @defaultValue false: it is counted and passed over */
  readonly strict?: boolean
  /** Told of each line that cannot be read. */
  readonly onBadLine?: (line: number, message: string) => void
  /** Told how many bytes of the file were read and how many decisions replayed. */
  readonly onProgress?: (bytes: number, decisions: number) => void
  /** Told of every decision and outcome, under the first configuration. */
  readonly observer?: BacktestObserver
  /** Replayed side by side, each compared with the first. @defaultValue none: as recorded, and nothing compared */
  readonly configurations?: readonly Configuration[]
  /** What a held call costs a person, in minutes. @defaultValue 3 */
  readonly minutesPerReview?: number
}

export interface FileBacktest extends BacktestResult {
  readonly file: string
  /** Lines that could not be read. */
  readonly skipped: number
  /** Present where configurations were given. */
  readonly comparison?: ComparisonResult
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
 * file: what is kept is the engine's bounded state and the decisions whose outcome is not known yet; for each configuration
 * one of its own.
 *
 * @throws BadLineError in strict mode; errors of the file system as they come.
 */
export async function backtestFile(file: string, options: BacktestFileOptions = {}): Promise<FileBacktest> {
  const replay = createReplay(options)
  let skipped = 0
  const onBadLine = (line: number, message: string): void => {
    if (options.strict) throw new BadLineError(file, line, message)
    skipped++
    options.onBadLine?.(line, message)
  }
  const onProgress = (bytes: number): void => options.onProgress?.(bytes, replay.first.decisions)
  for await (const { line, event } of readEvents(file, { onBadLine, onProgress }))
    try {
      replay.add(event)
    } catch (error) {
      // A record of a damaged export may lack what folding it needs.
      onBadLine(line, error instanceof Error ? error.message : String(error))
    }
  const comparison = replay.comparison?.result()
  return { file, ...replay.first.result(), skipped, ...(comparison ? { comparison } : {}) }
}

interface Replay {
  readonly first: Backtest
  readonly comparison: Comparison | null
  add(event: Parameters<Backtest['add']>[0]): void
}

function createReplay({ observer, configurations, minutesPerReview }: BacktestFileOptions): Replay {
  if (configurations) {
    const comparison = compareConfigurations(configurations, {
      ...(observer ? { observer } : {}),
      ...(minutesPerReview === undefined ? {} : { minutesPerReview }),
    })
    return { first: comparison.first, comparison, add: (event) => comparison.add(event) }
  }
  const first = new Backtest(observer ? { observer } : {})
  return { first, comparison: null, add: (event) => void first.add(event) }
}
