import { spawn } from 'node:child_process'
import { fileURLToPath } from 'node:url'

const MAIN = fileURLToPath(new URL('../src/main.ts', import.meta.url))

export interface CliResult {
  readonly code: number | null
  readonly stdout: string
  readonly stderr: string
}

/** The words that start the command as a child process. */
export const COMMAND: readonly string[] = [process.execPath, '--conditions=bighub-source', MAIN]

/** Runs `bighub` as a real process in a folder, with no terminal on any side. */
export function runCli(args: readonly string[], cwd: string): Promise<CliResult> {
  return runProcess([...COMMAND, ...args], cwd)
}

/** Runs a program with nothing to read and resolves with what it wrote. */
export function runProcess([program = '', ...args]: readonly string[], cwd: string): Promise<CliResult> {
  const child = spawn(program, args, { cwd, env: plainEnvironment(), stdio: ['ignore', 'pipe', 'pipe'] })
  let stdout = ''
  let stderr = ''
  child.stdout.setEncoding('utf8').on('data', (text: string) => (stdout += text))
  child.stderr.setEncoding('utf8').on('data', (text: string) => (stderr += text))
  return new Promise((resolve, reject) => {
    child.on('error', reject)
    child.on('close', (code) => resolve({ code, stdout, stderr }))
  })
}

/** The environment without what a test runner or npm adds and the command reads. */
export function plainEnvironment(): NodeJS.ProcessEnv {
  const { INIT_CWD: _, FORCE_COLOR: __, NODE_OPTIONS: ___, ...environment } = process.env
  return environment
}
