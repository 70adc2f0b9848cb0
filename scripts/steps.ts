import { spawn } from 'node:child_process'
import { dirname, join } from 'node:path'
import { fileURLToPath } from 'node:url'

/** Root folder of the repository. */
export const ROOT: string = dirname(dirname(fileURLToPath(import.meta.url)))

/** How many checks of a step held, and how many did not. */
export interface Counts {
  readonly passed: number
  readonly failed: number
}

export interface Step {
  readonly name: string
  readonly run: () => Promise<Counts>
}

/**
 * Runs all steps, also after one failed, and prints what each came to. The last line has the form `N passed, N failed`; the exit
 * code is 1 if anything failed or nothing passed.
 */
export async function runSteps(steps: readonly Step[]): Promise<void> {
  const done: { name: string; counts: Counts; seconds: number }[] = []
  for (const { name, run } of steps) {
    console.log(`\n== ${name}`)
    const started = performance.now()
    const counts = await run().catch((error: unknown): Counts => {
      console.error(error instanceof Error ? (error.stack ?? error.message) : error)
      return { passed: 0, failed: 1 }
    })
    done.push({ name, counts, seconds: (performance.now() - started) / 1000 })
  }
  console.log('')
  for (const { name, counts, seconds } of done)
    console.log(`${counts.failed === 0 ? 'ok    ' : 'FAILED'} ${name}: ${describe(counts)} (${seconds.toFixed(1)} s)`)
  const total = done.reduce<Counts>((sum, { counts }) => add(sum, counts), { passed: 0, failed: 0 })
  console.log(describe(total))
  if (total.failed > 0 || total.passed === 0) process.exitCode = 1
}

/** A step that is one command: one check, which holds if it ends with exit code 0. */
export function commandStep(name: string, command: string, args: readonly string[]): Step {
  return { name, run: async () => countOf((await runCommand(command, args)) === 0) }
}

export function countOf(holds: boolean): Counts {
  return holds ? { passed: 1, failed: 0 } : { passed: 0, failed: 1 }
}

export function add(a: Counts, b: Counts): Counts {
  return { passed: a.passed + b.passed, failed: a.failed + b.failed }
}

export interface CommandOptions {
  /** @defaultValue the repository's root */
  readonly cwd?: string
  readonly env?: Readonly<Record<string, string>>
  /** Keeps standard output and error and prints them only if the command fails. @defaultValue false */
  readonly isQuiet?: boolean
}

/** Runs a command with the workspace's tools first on the path; resolves with its exit code (1 if a signal ended it). */
export function runCommand(command: string, args: readonly string[], options: CommandOptions = {}): Promise<number> {
  const { cwd = ROOT, env = {}, isQuiet = false } = options
  const path = [join(ROOT, 'node_modules', '.bin'), process.env['PATH']].join(':')
  const child = spawn(command, args, {
    cwd,
    env: { ...process.env, PATH: path, ...env },
    stdio: isQuiet ? ['ignore', 'pipe', 'pipe'] : ['ignore', 'inherit', 'inherit'],
  })
  const kept: Buffer[] = []
  child.stdout?.on('data', (chunk: Buffer) => kept.push(chunk))
  child.stderr?.on('data', (chunk: Buffer) => kept.push(chunk))
  return new Promise((resolve, reject) => {
    child.on('error', reject)
    child.on('close', (code) => {
      if (code !== 0 && isQuiet) process.stderr.write(Buffer.concat(kept))
      resolve(code ?? 1)
    })
  })
}

function describe({ passed, failed }: Counts): string {
  return `${passed} passed, ${failed} failed`
}
