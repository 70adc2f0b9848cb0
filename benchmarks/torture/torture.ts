import { spawn } from 'node:child_process'
import { once } from 'node:events'
import { existsSync, mkdtempSync, readFileSync, rmSync } from 'node:fs'
import { tmpdir } from 'node:os'
import { join } from 'node:path'
import { setTimeout as wait } from 'node:timers/promises'
import { fileURLToPath } from 'node:url'
import { createEngine, type Engine, type LogRecord } from '@bighub/engine'
import { type Line, readLines } from './read-lines.ts'
import { seededRandom } from './seeded-random.ts'

export interface TortureOptions {
  readonly kills: number
  /** Decides the moments of death; the machine's own timing stays. */
  readonly seed: number
  /** Told after each kill. */
  readonly onKill?: (done: number) => void
}

export interface TortureReport {
  readonly kills: number
  readonly seed: number
  /** Kills before the process had made its first call: while it opened and folded the file. */
  readonly kills_at_start: number
  readonly records: number
  /** Acknowledged, and found again after the kill. */
  readonly acknowledged: { readonly evaluations: number; readonly answers: number; readonly outcomes: number }
  readonly executions: number
  /** Effects of dead processes of which nobody knows what became. */
  readonly effects_unknown: number
  /** Full checks of chain and state. */
  readonly checks: number
  readonly seconds: number
  /** What must never be, in words; empty if all is well. */
  readonly violations: readonly string[]
}

const WORKER = fileURLToPath(new URL('worker.ts', import.meta.url))
/** Calls that a new process makes again, in case the dead one made them already. */
const REPEATED = 12
/** Full checks read the whole log, so there are about this many of them, the last at the end. */
const FULL_CHECKS = 12
/** Violations told in words; more of them add nothing. */
const MOST_TOLD = 20

/**
 * Kills a process under load with SIGKILL, again and again on one file, and checks after each death that nothing which was
 * acknowledged is missing.
 */
export async function torture(options: TortureOptions): Promise<TortureReport> {
  const folder = mkdtempSync(join(tmpdir(), 'bighub-torture-'))
  const random = seededRandom(options.seed)
  const violations: string[] = []
  const counts = { evaluations: 0, answers: 0, outcomes: 0 }
  const started = performance.now()
  let killsAtStart = 0
  let checks = 0
  let next = 0
  let facts = { records: 0, unknown: 0 }
  try {
    for (let kill = 1; kill <= options.kills; kill++) {
      const lines = await runAndKill(folder, next, options.seed, random)
      const calls = lines.filter(([kind]) => kind === 'call').map(([, n]) => Number(n))
      if (calls.length === 0) killsAtStart++
      next = Math.max(0, Math.max(next, ...calls) - REPEATED)
      const isFull = kill % Math.ceil(options.kills / FULL_CHECKS) === 0 || kill === options.kills
      if (isFull) checks++
      facts = await check({ folder, kill, lines, isFull, counts, violations })
      options.onKill?.(kill)
    }
    return {
      kills: options.kills,
      seed: options.seed,
      kills_at_start: killsAtStart,
      records: facts.records,
      acknowledged: counts,
      executions: readExecutions(folder).length,
      effects_unknown: facts.unknown,
      checks,
      seconds: Math.round((performance.now() - started) / 1000),
      violations: violations.slice(0, MOST_TOLD),
    }
  } finally {
    rmSync(folder, { recursive: true, force: true })
  }
}

/** Starts a process, kills it at a random moment of its start or of its work, and returns what it said. */
async function runAndKill(folder: string, first: number, seed: number, random: () => number): Promise<Line[]> {
  const child = spawn(process.execPath, ['--conditions=bighub-source', WORKER, folder, String(first), String(seed)], {
    stdio: ['ignore', 'pipe', 'inherit'],
  })
  let output = ''
  child.stdout.setEncoding('utf8')
  const isReady = new Promise<void>((resolve) => {
    child.stdout.on('data', (text: string) => {
      output += text
      if (output.includes('evaluated ')) resolve()
    })
  })
  const closed = once(child, 'close')
  // Every fifth dies at its start, when the file is opened, folded and lost claims are disowned.
  if (random() < 0.2) await wait(50 + random() * 250)
  else {
    await Promise.race([isReady, closed])
    await wait(random() * 250)
  }
  child.kill('SIGKILL')
  const [code] = await closed
  if (code !== null) throw new Error(`the worker ended by itself with exit code ${String(code)}`)
  return readLines(output)
}

interface CheckInput {
  readonly folder: string
  readonly kill: number
  readonly lines: readonly Line[]
  readonly isFull: boolean
  readonly counts: { evaluations: number; answers: number; outcomes: number }
  readonly violations: string[]
}

/** Opens the file as the next process would, and looks for everything that must be there. */
async function check(input: CheckInput): Promise<{ records: number; unknown: number }> {
  const { folder, kill, lines, isFull, counts, violations } = input
  const engine = createEngine({ file: join(folder, 'decisions.db') })
  const complain = (text: string): void => void violations.push(`after kill ${kill}: ${text}`)
  try {
    for (const [kind, id = '', status = ''] of lines) {
      if (kind === 'evaluated') {
        counts.evaluations++
        if (!(await find(engine, id, 'evaluation'))) complain(`evaluation ${id} is missing`)
      } else if (kind === 'answered' && (status === 'approved' || status === 'denied')) {
        counts.answers++
        const found = await find(engine, id, 'approval_resolved')
        if (found?.kept['status'] !== status) complain(`${id} was ${status}, and the log does not say so`)
      } else if (kind === 'outcome') {
        counts.outcomes++
        const found = await find(engine, id, 'outcome')
        if (found?.kept['status'] !== status) complain(`outcome ${status} of ${id} is missing`)
      }
    }
    for (const { request_id } of await engine.openEffects({ state: 'claimed' }))
      complain(`the effect of ${request_id} is still claimed by a process that is gone`)
    const executions = readExecutions(folder)
    for (const [callId, count] of countBy(executions.map(([callId]) => callId)))
      if (count > 1) complain(`${callId} ran ${count} times`)
    for (const [callId, requestId] of executions.slice(-lines.length))
      if (!(await isClaimed(engine, requestId))) complain(`${callId} ran without a claim`)
    if (isFull) {
      const log = await engine.verifyLog()
      if (!log.valid) complain(`the chain is broken: ${log.fault?.problem} at record ${log.fault?.seq}`)
      const state = await engine.verifyState()
      if (!state.equal) complain('the learned state is not what the log folds to')
    }
    const { records } = await engine.statistics()
    return { records, unknown: (await engine.openEffects({ state: 'unknown' })).length }
  } finally {
    await engine.close()
  }
}

async function find(engine: Engine, id: string, type: LogRecord['type']): Promise<LogRecord | undefined> {
  const records = await engine.recordsOf(id).catch(() => [])
  return records.findLast((record) => record.type === type)
}

async function isClaimed(engine: Engine, requestId: string): Promise<boolean> {
  const records = await engine.recordsOf(requestId).catch(() => [])
  return records.some((record) => record.effectKey !== null)
}

/** Which calls ran, in order: the call's id and its decision. */
function readExecutions(folder: string): (readonly [callId: string, requestId: string])[] {
  const file = join(folder, 'executions.txt')
  if (!existsSync(file)) return []
  return readFileSync(file, 'utf8')
    .split('\n')
    .filter((line) => line !== '')
    .map((line) => {
      const [callId = '', requestId = ''] = line.split(' ')
      return [callId, requestId] as const
    })
}

function countBy(names: readonly string[]): Map<string, number> {
  const counts = new Map<string, number>()
  for (const name of names) counts.set(name, (counts.get(name) ?? 0) + 1)
  return counts
}
