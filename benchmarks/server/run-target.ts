import { type ChildProcess, spawn } from 'node:child_process'
import { readFileSync } from 'node:fs'
import { createInterface } from 'node:readline'
import { fileURLToPath } from 'node:url'
import type { Listening, Target } from './target-kinds.ts'

/** A target that listens in a process of its own. */
export interface RunningTarget extends Listening {
  /** Memory that the process holds, in MB; NaN where the system does not tell. */
  memory(): number
  stop(): Promise<void>
}

/** @param where - Folder or database. @param size - Length of the answers of `bare`. */
export async function runTarget(kind: Target, where: string, size = 0): Promise<RunningTarget> {
  const child = spawn(
    process.execPath,
    [...process.execArgv, fileURLToPath(new URL('target.ts', import.meta.url)), kind, where, String(size)],
    { stdio: ['ignore', 'pipe', 'inherit'] },
  )
  const { url, key } = await firstLine(child)
  return {
    url,
    key,
    memory: () => residentMegabytes(child),
    stop: () =>
      new Promise((resolve) => {
        child.once('exit', () => resolve())
        child.kill('SIGTERM')
      }),
  }
}

async function firstLine(child: ChildProcess): Promise<Listening> {
  if (!child.stdout) throw new Error('the target has no output')
  for await (const line of createInterface({ input: child.stdout })) return JSON.parse(line) as Listening
  throw new Error('the target ended before it listened')
}

function residentMegabytes({ pid }: ChildProcess): number {
  try {
    const [, kilobytes] = /VmRSS:\s+(\d+)/.exec(readFileSync(`/proc/${pid}/status`, 'utf8')) ?? []
    return Number(kilobytes) / 1024
  } catch {
    return Number.NaN
  }
}
