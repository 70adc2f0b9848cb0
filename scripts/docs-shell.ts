// What the pages of the docs lean on when they are run: scripts/docs-pages.ts writes calls of these.
import { spawn } from 'node:child_process'
import { once } from 'node:events'
import { writeFileSync } from 'node:fs'
import { join } from 'node:path'
import { ROOT } from './steps.ts'

/** `npx bighub` is the command in this repository, and stays what it is for everything else. */
const PROLOGUE = `set -eu
npx() {
  if [ "$1" = bighub ]; then shift; '${process.execPath}' --conditions=bighub-source '${join(ROOT, 'packages', 'cli', 'src', 'main.ts')}' "$@"
  else command npx "$@"; fi
}
`

/** Runs a shell snippet in the page's folder. @throws Error if it ends with another code than 0. */
export async function runShell(script: string): Promise<void> {
  // Where npm began does not matter here: a reader stands in the page's folder.
  const { INIT_CWD: _, ...env } = process.env
  const child = spawn('sh', ['-c', PROLOGUE + script], { env, stdio: ['ignore', 'inherit', 'inherit'] })
  const [code] = (await once(child, 'close')) as [number | null]
  if (code !== 0) throw new Error(`exit code ${code} of:\n${script}`)
}

/** Writes a JSON snippet that has a file name to the page's folder. */
export function writeSnippetFile(file: string, text: string): void {
  writeFileSync(file, `${text}\n`)
}
