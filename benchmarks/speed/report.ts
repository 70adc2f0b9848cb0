import { type Machine, machineLine } from '../machine.ts'
import type { AdapterFigures } from './adapters.ts'
import type { CallFigures, Window } from './measure.ts'
import { type Figures, tenth } from './samples.ts'

/** Everything that was measured; times in µs. */
export interface SpeedReport extends CallFigures {
  readonly machine: Machine
  /** Parts of one evaluation, each measured by itself over the same requests. */
  readonly parts: Readonly<Record<'read' | 'stages' | 'canonical' | 'fold' | 'commit', Figures>>
  readonly adapters: readonly AdapterFigures[]
  readonly missing_adapters: Readonly<Record<string, string>>
}

/** What the guarded call may cost with `durability: "process"`, in µs (guard.md §7). */
export const TARGETS = { p50: 70, p99: 300, adapterShell: 20 } as const

const PARTS = {
  read: 'read and check the request',
  stages: 'the engine’s stages, rules to explanation',
  canonical: 'canonical JSON and SHA-256 of answer and record',
  fold: 'fold the record into the state',
  commit: 'look up, insert, commit',
} as const

/** The report as text. */
export function formatReport(report: SpeedReport): string {
  const whole = report.end.find(({ variant }) => variant === 'engine, process')?.waited
  const alone = report.end.find(({ variant }) => variant === 'guard alone')?.waited
  const p50 = whole?.p50 ?? Number.NaN
  const parts = Object.values(report.parts).reduce((sum, part) => sum + part.p50, 0)
  const { callers, waited, calls_per_second } = report.concurrent
  return [
    machineLine(report.machine),
    '',
    'What a tool call waits for, in µs (p50 / p99); "after" is what is written once the result was handed back',
    ...windowLines('first calls', report.start),
    ...windowLines(`at call ${report.calls}`, report.end),
    line(`${callers} callers at once, power`, `${figures(waited)}   ${calls_per_second} calls/s`),
    '',
    `Median of each tenth of the calls: ${report.tenths.join(' · ')}`,
    `Memory: ${report.rss_mb.start} MB resident at the start, ${report.rss_mb.end} MB at the end; the log's file has ${report.file_mb} MB`,
    '',
    'Where the time of one guarded call goes, in µs at the median',
    line('guard, in front of a constant evaluator', number(alone?.p50)),
    line('evaluation as the guard waits for it', number(report.evaluator.p50)),
    ...Object.entries(PARTS).map(([name, text]) =>
      line(`  ${text}`, number(report.parts[name as keyof typeof PARTS].p50)),
    ),
    line('  promises, queue, and caches gone cold between the steps', number(tenth(report.evaluator.p50 - parts))),
    '',
    'What each adapter adds, in µs at the median (around 0: less than this machine’s noise)',
    ...report.adapters.map(({ adapter, bare, guarded, shell }) =>
      line(adapter, `${number(shell)}   (bare tool ${bare.p50}, guarded ${guarded.p50})`),
    ),
    ...Object.entries(report.missing_adapters).map(([name, reason]) => line(name, `not measured: ${reason}`)),
    '',
    `Target: ${TARGETS.p50} µs at the median and ${TARGETS.p99} at p99 for the whole path, ${TARGETS.adapterShell} for an adapter's shell; here ` +
      `${whole ? figures(whole) : '–'}${p50 <= TARGETS.p50 && (whole?.p99 ?? 0) <= TARGETS.p99 ? ', met' : ', missed'}.`,
  ].join('\n')
}

function windowLines(title: string, windows: readonly Window[]): string[] {
  return [
    `  ${title}`,
    ...windows.map(({ variant, waited, after }) =>
      line(`  ${variant}`, `${figures(waited)}${after ? `   after ${figures(after)}` : ''}`),
    ),
  ]
}

function line(title: string, text: string): string {
  return `  ${title.padEnd(58)} ${text}`
}

function figures({ p50, p99 }: Figures): string {
  return `${number(p50)} / ${number(p99)}`
}

function number(value: number | undefined): string {
  return value === undefined ? '–' : value.toFixed(1).padStart(7)
}
