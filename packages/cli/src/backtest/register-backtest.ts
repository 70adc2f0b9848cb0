import { statSync, writeFileSync } from 'node:fs'
import { dirname, resolve } from 'node:path'
import { backtestFile, type Configuration, type FileBacktest } from '@bighub/engine'
import { type Command, InvalidArgumentError } from 'commander'
import { formatComparison } from './format-comparison.ts'
import { formatTable, nameOf } from './format-table.ts'
import { giveBackMemory } from './give-back-memory.ts'
import { ProgressBar } from './progress-bar.ts'
import { type ConfigurationFlags, readConfigurations } from './read-configurations.ts'
import { htmlReport, type ReportedFile } from './report/html-report.ts'
import { ReportCollector } from './report/report-collector.ts'

/** A file's figures with what the replay cost. */
export interface BacktestReport extends FileBacktest {
  readonly decisions_per_second: number
  /** Largest resident memory of the process so far, in MB. */
  readonly peak_rss_mb: number
}

interface BacktestFlags extends ConfigurationFlags {
  readonly json?: boolean
  readonly strict?: boolean
  readonly html?: string
  readonly minutesPerReview: number
}

/** What is done with each file, besides its figures. */
interface RunOptions extends Pick<BacktestFlags, 'strict' | 'minutesPerReview'> {
  readonly configurations: readonly Configuration[] | null
  readonly collector: ReportCollector | undefined
}

/** Bad lines that are shown one by one; the rest is counted. */
const SHOWN_BAD_LINES = 5

/** `bighub backtest FILE…`: what would have been decided, and how good it would have been. */
export function registerBacktest(program: Command): void {
  program
    .command('backtest')
    .description('Replay decision logs and print how good the scores would have been')
    .argument('<file...>', 'decision streams (.jsonl, .jsonl.gz) or exports of an engine')
    .option('--json', 'one JSON object a file instead of a table')
    .option('--strict', 'stop at the first line that cannot be read')
    .option(
      '--compare <config...>',
      'JSON files: replay under each and compare with the first; one alone with the log as it stands',
    )
    .option('--policy <file...>', 'the same for JSON files that hold only a policy')
    .option('--minutes-per-review <minutes>', 'what a held call costs a person', readMinutes, 3)
    .option('--html <report>', 'write a report with plots as one HTML file')
    .addHelpText(
      'after',
      '\nEvery decision is judged by what was known before it; its outcome is learned only when it was due.\nLines that cannot be read are reported with their number, counted and passed over.',
    )
    .action(async (files: string[], flags: BacktestFlags) => {
      // All are looked at before the first is replayed: a slip at the end of the line must not cost the work before it.
      const sizes = files.map((file) => sizeOf(file))
      const configurations = readConfigurations(flags)
      if (flags.html !== undefined) checkWritable(flags.html)
      const reported: ReportedFile[] = []
      for (const [index, file] of files.entries()) {
        const collected = new ReportCollector()
        const collector = flags.html === undefined ? undefined : collected
        if (index > 0) giveBackMemory()
        const report = await runFile(file, sizes[index] ?? 0, { ...flags, configurations, collector })
        if (flags.json) console.log(JSON.stringify(report))
        reported.push({ report, collected })
      }
      const reports = reported.map(({ report }) => report)
      if (!flags.json) {
        console.log(formatTable(reports))
        for (const { file, comparison } of reports)
          if (comparison) console.log(`\n${formatComparison(nameOf(file), comparison)}`)
      }
      if (flags.html !== undefined) writeFileSync(pathOf(flags.html), htmlReport(reported))
    })
}

/** @throws Error if the file has lines and none is a decision: it is another kind of file. */
async function runFile(file: string, size: number, options: RunOptions): Promise<BacktestReport> {
  const bar = new ProgressBar(file, size)
  let bad = 0
  const started = performance.now()
  try {
    const result = await backtestFile(pathOf(file), {
      strict: options.strict ?? false,
      ...(options.collector ? { observer: options.collector } : {}),
      ...(options.configurations ? { configurations: options.configurations } : {}),
      minutesPerReview: options.minutesPerReview,
      onProgress: (bytes, decisions) => bar.update(bytes, `${decisions} decisions`),
      onBadLine: (line, message) => {
        bar.clear()
        if (++bad <= SHOWN_BAD_LINES) console.error(`${file}:${line}: ${message}; passed over`)
      },
    })
    const seconds = (performance.now() - started) / 1000
    bar.clear()
    if (bad > SHOWN_BAD_LINES) console.error(`${file}: ${bad} lines could not be read in all`)
    if (result.n === 0 && bad > 0) throw new Error(`${file}: holds no decision that can be read`)
    return {
      ...result,
      file,
      decisions_per_second: Math.round(result.n / seconds),
      peak_rss_mb: Math.round(process.resourceUsage().maxRSS / 1024),
    }
  } finally {
    bar.clear()
  }
}

function pathOf(file: string): string {
  // npm runs the command from the workspace's root; INIT_CWD is where the user stands.
  return resolve(process.env['INIT_CWD'] ?? '.', file)
}

/** @throws Error if there is no such file, or it is a folder. */
function sizeOf(file: string): number {
  const path = pathOf(file)
  const found = statSync(path, { throwIfNoEntry: false })
  if (!found) throw new Error(`${path}: there is no such file`)
  if (found.isDirectory()) throw new Error(`${path}: is a folder; name the files in it`)
  return found.size
}

/** @throws Error if the folder that is to hold it is not there. */
function checkWritable(file: string): void {
  const folder = dirname(pathOf(file))
  if (!statSync(folder, { throwIfNoEntry: false })?.isDirectory())
    throw new Error(`${folder}: there is no such folder to write the report to`)
  if (statSync(pathOf(file), { throwIfNoEntry: false })?.isDirectory())
    throw new Error(`${pathOf(file)}: is a folder; name the file to write`)
}

/** @throws InvalidArgumentError unless it is a number of minutes, ≥ 0. */
function readMinutes(text: string): number {
  const minutes = Number(text)
  if (text.trim() === '' || !Number.isFinite(minutes) || minutes < 0)
    throw new InvalidArgumentError('give a number of minutes, 0 or more')
  return minutes
}
