import { existsSync, readdirSync } from 'node:fs'
import { join } from 'node:path'
import { pathToFileURL } from 'node:url'
import { add, type Counts, countOf, ROOT, runCommand } from './steps.ts'

/** Runs every example; each asserts its own results, and holds if it ends with exit code 0. */
export async function testExamples(): Promise<Counts> {
  let counts: Counts = { passed: 0, failed: 0 }
  for (const name of readdirSync(join(ROOT, 'examples')).toSorted()) {
    const cwd = join(ROOT, 'examples', name)
    if (!existsSync(join(cwd, 'main.ts'))) continue
    const code = await runCommand('node', ['--conditions=bighub-source', 'main.ts'], { cwd, isQuiet: true })
    console.log(`${code === 0 ? 'ok    ' : 'FAILED'} ${name}`)
    counts = add(counts, countOf(code === 0))
  }
  return counts
}

if (import.meta.url === pathToFileURL(process.argv[1] ?? '').href && (await testExamples()).failed > 0)
  process.exitCode = 1
