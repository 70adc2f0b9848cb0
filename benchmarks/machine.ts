import { execFileSync } from 'node:child_process'
import { cpus, totalmem } from 'node:os'
import { fileURLToPath } from 'node:url'

/** The repository's root. */
export const ROOT: string = fileURLToPath(new URL('..', import.meta.url))

/** Where figures came from; figures without it say nothing. */
export interface Machine {
  readonly cpu: string
  readonly cores: number
  readonly memory_gb: number
  readonly platform: string
  readonly node: string
  /** Short commit, with `+` when files differ from it; null outside a checkout. */
  readonly commit: string | null
}

export function describeMachine(): Machine {
  const processors = cpus()
  return {
    cpu: processors[0]?.model.trim() ?? 'unknown',
    cores: processors.length,
    memory_gb: Math.round(totalmem() / 2 ** 30),
    platform: `${process.platform} ${process.arch}`,
    node: process.version,
    commit: currentCommit(),
  }
}

export function machineLine({ cpu, cores, memory_gb, platform, node, commit }: Machine): string {
  return `${cpu}, ${cores} cores, ${memory_gb} GB, ${platform}, Node ${node}, commit ${commit ?? 'unknown'}`
}

function currentCommit(): string | null {
  try {
    const git = (...args: string[]): string =>
      execFileSync('git', args, { cwd: ROOT, encoding: 'utf8', stdio: ['ignore', 'pipe', 'ignore'] }).trim()
    const isChanged = git('status', '--porcelain', '--untracked-files=no', '--', 'packages', 'benchmarks') !== ''
    return git('rev-parse', '--short', 'HEAD') + (isChanged ? '+' : '')
  } catch {
    return null
  }
}
