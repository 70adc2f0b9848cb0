import { spawn } from 'node:child_process'
import { once } from 'node:events'
import { existsSync, mkdtempSync, rmSync, writeFileSync } from 'node:fs'
import { tmpdir } from 'node:os'
import { join } from 'node:path'
import { setTimeout as wait } from 'node:timers/promises'
import { fileURLToPath } from 'node:url'
import { createEngine } from '@bighub/engine'
import { type Line, readLines } from '../read-lines.ts'
import { seededRandom } from '../seeded-random.ts'
import type { Adapter } from './agents/index.ts'
import { type CallFigures, judgeCalls, NO_CALLS } from './judge-calls.ts'
import { BLOCKED_ABOVE, HELD_ABOVE } from './tortured-call.ts'

export interface TortureCallsOptions {
  /** Calls that have to be killed in flight, at least. */
  readonly runs: number
  /** Decides the moments of death and what people do; the machine's own timing stays. */
  readonly seed: number
  /** Told after each kill, with the calls that were killed in flight so far. */
  readonly onKill?: (runs: number) => void
}

export interface AdapterReport extends CallFigures {
  readonly kills: number
  /** What each of the calls was doing when its process was killed. */
  readonly killed_while: Readonly<Record<string, number>>
  readonly seconds: number
  readonly violations: readonly string[]
}

const WORKER = fileURLToPath(new URL('worker.ts', import.meta.url))
/** Processes are killed, not the machine: where there are files in memory, nobody has to wait for a disk. */
const MEMORY = '/dev/shm'
/** Calls of one file; beyond it a new file is begun. */
const BATCH = 1000
/** Latest moment of death after the first call is being evaluated, in milliseconds. */
const LATEST_DEATH_MS = 600
/** By how much the clocks jump, when they do: more than an approval lasts. */
const DAY_AND_MORE = 90_000_000
/** A process that is not killed has to be done by then. */
const PATIENCE_MS = 600_000
/** Violations told in words; more of them add nothing. */
const MOST_TOLD = 20

/** Kills processes of one adapter until enough calls were in flight when it happened, lets others end them, and judges. */
export async function tortureCalls(adapter: Adapter, options: TortureCallsOptions): Promise<AdapterReport> {
  const random = seededRandom(options.seed)
  const started = performance.now()
  const total: CallFigures = { ...NO_CALLS }
  const violations: string[] = []
  const killedWhile: Record<string, number> = {}
  let kills = 0
  while (total.runs < options.runs) {
    const batch = new Batch(adapter, { random, wanted: options.runs - total.runs })
    try {
      await batch.killAll((runs) => options.onKill?.(total.runs + runs))
      const { figures, violations: found } = await batch.finish()
      // oxlint-disable-next-line typescript/no-unsafe-type-assertion -- `Object.keys` of a record of numbers.
      for (const name of Object.keys(figures) as (keyof CallFigures)[]) total[name] += figures[name]
      for (const [name, count] of batch.killedWhile) killedWhile[name] = (killedWhile[name] ?? 0) + count
      violations.push(...found)
      kills += batch.kills
    } finally {
      batch.remove()
    }
  }
  const seconds = Math.round((performance.now() - started) / 100) / 10
  return { ...total, kills, killed_while: killedWhile, seconds, violations: violations.slice(0, MOST_TOLD) }
}

/** Calls on one file, and the processes that come and go over them. */
class Batch {
  readonly killedWhile = new Map<string, number>()
  kills = 0
  readonly #adapter: Adapter
  readonly #random: () => number
  readonly #folder = mkdtempSync(join(existsSync(MEMORY) ? MEMORY : tmpdir(), 'bighub-torture-'))
  readonly #count: number
  readonly #wanted: number
  readonly #killed = new Set<number>()
  readonly #ended = new Set<number>()
  readonly #answered = new Map<string, string>()
  readonly #errors: string[] = []
  #ahead = 0
  #process = 0

  constructor(adapter: Adapter, { random, wanted }: { readonly random: () => number; readonly wanted: number }) {
    this.#adapter = adapter
    this.#random = random
    this.#wanted = Math.min(BATCH, wanted)
    // A few may have ended before anybody could be killed.
    this.#count = Math.ceil(this.#wanted * 1.1) + 16
  }

  /** Two processes at a time, each killed at a moment of its own, until enough calls were in flight. */
  async killAll(onKill: (runs: number) => void): Promise<void> {
    await this.#prepare()
    while (this.#killed.size < this.#wanted && this.#hasOthers()) {
      const isLetDayPass = this.#random() < 0.2
      await Promise.all([this.#runAndKill(isLetDayPass), this.#runAndKill(isLetDayPass)])
      if (isLetDayPass) this.#ahead += DAY_AND_MORE
      onKill(this.#killed.size)
    }
  }

  /** Two processes at once bring everything to its end. */
  async finish(): Promise<{ readonly figures: CallFigures; readonly violations: readonly string[] }> {
    await Promise.all([this.#run(), this.#run()])
    this.#ahead += DAY_AND_MORE
    const judged = await judgeCalls(this.#folder, {
      count: this.#count,
      killed: this.#killed,
      answered: this.#answered,
      ahead: this.#ahead,
    })
    return { figures: judged.figures, violations: [...this.#errors, ...judged.violations] }
  }

  remove(): void {
    rmSync(this.#folder, { recursive: true, force: true })
  }

  /** Whether a call is left that has not come to its end and that nobody was killed over. */
  #hasOthers(): boolean {
    return Array.from({ length: this.#count }, (_, n) => n).some((n) => !this.#killed.has(n) && !this.#ended.has(n))
  }

  async #prepare(): Promise<void> {
    await using engine = createEngine({ file: join(this.#folder, 'decisions.db') })
    await engine.constraints.create({
      name: 'Refunds',
      require_approval_above: HELD_ABOVE,
      max_value: BLOCKED_ABOVE,
    })
    // What risk alone would hold or block is not what is looked at here.
    await engine.policy.update({ costs: { caution: 10, review: 10, wrong_block: 100 } })
  }

  async #runAndKill(isLetDayPass: boolean): Promise<void> {
    const { child, lines, isReady, closed } = this.#start()
    await Promise.race([isReady, closed])
    await wait(this.#random() * LATEST_DEATH_MS)
    if (isLetDayPass) {
      if (child.connected) child.send('a day')
      await wait(this.#random() * LATEST_DEATH_MS)
    }
    child.kill('SIGKILL')
    await closed
    this.kills++
    const atWork = new Map<number, string>()
    for (const [kind, n = '', what = ''] of lines()) {
      // A call that has only been handed to its framework is not in flight yet.
      if (kind === 'end') atWork.delete(Number(n))
      else if (kind === 'stage') atWork.set(Number(n), what)
    }
    for (const [n, what] of atWork) {
      this.#killed.add(n)
      this.killedWhile.set(what, (this.killedWhile.get(what) ?? 0) + 1)
    }
    this.#note(lines())
  }

  async #run(): Promise<void> {
    const { child, lines, closed, complaint } = this.#start()
    const patience = setTimeout(() => child.kill('SIGKILL'), PATIENCE_MS)
    const [code] = await closed
    clearTimeout(patience)
    this.#note(lines())
    if (code !== 0) this.#errors.push(`a process ended with exit code ${String(code)}: ${complaint()}`)
  }

  #start() {
    const order = join(this.#folder, `order-${++this.#process}.json`)
    writeFileSync(order, JSON.stringify(this.#shuffled()))
    const seed = Math.floor(this.#random() * 2 ** 31)
    const args = [WORKER, this.#folder, this.#adapter, order, String(seed), String(this.#ahead)]
    const child = spawn(process.execPath, ['--conditions=bighub-source', ...args], {
      stdio: ['ignore', 'pipe', 'pipe', 'ipc'],
    })
    let output = ''
    let complaint = ''
    child.stderr?.setEncoding('utf8').on('data', (text: string) => (complaint += text))
    const isReady = new Promise<void>((resolve) => {
      child.stdout?.setEncoding('utf8').on('data', (text: string) => {
        output += text
        if (output.includes('stage ')) resolve()
      })
    })
    const closed = once(child, 'close') as Promise<[number | null]>
    const lines = (): Line[] => readLines(output)
    return { child, lines, isReady, closed, complaint: () => complaint.trim().slice(-500) }
  }

  /** Those first that nobody has been killed over. */
  #shuffled(): number[] {
    const numbers = Array.from({ length: this.#count }, (_, n) => ({ n, at: this.#random() }))
    const place = ({ n, at }: { n: number; at: number }): number =>
      at + (this.#killed.has(n) || this.#ended.has(n) ? 1 : 0)
    return numbers.toSorted((a, b) => place(a) - place(b)).map(({ n }) => n)
  }

  #note(lines: readonly Line[]): void {
    for (const [kind, id = '', ...facts] of lines) {
      if (kind === 'end') this.#ended.add(Number(id))
      if (kind === 'answered') this.#answered.set(id, facts[0] ?? '')
      if (kind === 'error') this.#errors.push(`call ${id} failed in a way that nobody expects: ${facts.join(' ')}`)
    }
  }
}
