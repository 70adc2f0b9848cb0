import { mkdtempSync, rmSync, writeFileSync } from 'node:fs'
import { availableParallelism, tmpdir } from 'node:os'
import { join } from 'node:path'
import { pathToFileURL } from 'node:url'
import { type DocsPage, readDocsPages } from './docs-pages.ts'
import { add, type Counts, countOf, runCommand } from './steps.ts'

/** Runs every page of the docs, each as one program in an empty folder. Names that are given choose among them. */
export async function testDocs(wanted: readonly string[] = []): Promise<Counts> {
  const pages = readDocsPages()
    .filter(({ path }) => wanted.length === 0 || wanted.some((name) => path.includes(name)))
    .values()
  // Pages mostly wait for processes to start: one lane for each processor, all taking from the same list.
  const lanes = Array.from({ length: availableParallelism() }, () => runPages(pages))
  return (await Promise.all(lanes)).reduce(add)
}

async function runPages(pages: Iterable<DocsPage>): Promise<Counts> {
  let counts: Counts = { passed: 0, failed: 0 }
  for (const page of pages) {
    const isOk = await runPage(page)
    console.log(`${isOk ? 'ok    ' : 'FAILED'} ${page.path}`)
    counts = add(counts, countOf(isOk))
  }
  return counts
}

async function runPage({ file, code }: DocsPage): Promise<boolean> {
  const folder = mkdtempSync(join(tmpdir(), 'bighub-docs-'))
  writeFileSync(file, code)
  try {
    return (await runCommand('node', ['--conditions=bighub-source', file], { cwd: folder, isQuiet: true })) === 0
  } finally {
    rmSync(file, { force: true })
    rmSync(folder, { recursive: true, force: true })
  }
}

if (import.meta.url === pathToFileURL(process.argv[1] ?? '').href && (await testDocs(process.argv.slice(2))).failed > 0)
  process.exitCode = 1
