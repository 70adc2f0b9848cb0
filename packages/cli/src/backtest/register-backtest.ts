import { statSync } from 'node:fs'
import { resolve } from 'node:path'
import { backtestFile, type FileBacktest } from '@bighub/engine'
import type { Command } from 'commander'
import { formatTable } from './format-table.ts'
import { ProgressBar } from './progress-bar.ts'

/** A file's figures with what the replay cost. */
export interface BacktestReport extends FileBacktest {
  readonly decisions_per_second: number
  /** Largest resident memory of the process so far, in MB. */
  readonly peak_rss_mb: number
}

interface BacktestFlags {
  readonly json?: boolean
  readonly strict?: boolean
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
    .addHelpText(
      'after',
      '\nEvery decision is judged by what was known before it; its outcome is learned only when it was due.\nLines that cannot be read are reported with their number, counted and passed over.',
    )
    .action(async (files: string[], flags: BacktestFlags) => {
      // All are looked at before the first is replayed: a slip at the end of the line must not cost the work before it.
      const sizes = files.map((file) => sizeOf(file))
      const reports: BacktestReport[] = []
      for (const [index, file] of files.entries()) {
        const report = await runFile(file, sizes[index] ?? 0, flags)
        if (flags.json) console.log(JSON.stringify(report))
        reports.push(report)
      }
      if (!flags.json) console.log(formatTable(reports))
    })
}

/** @throws Error if the file has lines and none is a decision: it is another kind of file. */
async function runFile(file: string, size: number, flags: BacktestFlags): Promise<BacktestReport> {
  const bar = new ProgressBar(file, size)
  let bad = 0
  const started = performance.now()
  try {
    const result = await backtestFile(pathOf(file), {
      strict: flags.strict ?? false,
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
