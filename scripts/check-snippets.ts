import { mkdirSync, rmSync, writeFileSync } from 'node:fs'
import { join } from 'node:path'
import { readSnippets, type Snippet } from './readme-snippets.ts'
import { type Counts, ROOT, runCommand } from './steps.ts'

/** Compiles the snippets of all READMEs against the sources, each in its own file beside what it takes for granted. */
export async function checkSnippets(): Promise<Counts> {
  const snippets = readSnippets()
  const folder = join(ROOT, '.readme')
  try {
    const files = snippets.map(writeSnippet)
    mkdirSync(folder, { recursive: true })
    writeFileSync(
      join(folder, 'tsconfig.json'),
      JSON.stringify({
        extends: '../tsconfig.json',
        // A snippet shows a name more often than it uses it.
        compilerOptions: { incremental: false, noUnusedLocals: false },
        include: [],
        files,
      }),
    )
    const code = await runCommand('tsc', ['-p', folder])
    return code === 0 ? { passed: snippets.length, failed: 0 } : { passed: 0, failed: snippets.length }
  } finally {
    rmSync(folder, { recursive: true, force: true })
    for (const snippet of snippets) rmSync(pathOf(snippet), { force: true })
  }
}

function writeSnippet(snippet: Snippet): string {
  writeFileSync(pathOf(snippet), snippet.code)
  return pathOf(snippet)
}

/** Git, formatter and linter pass over files of this form. */
function pathOf({ source, name }: Snippet): string {
  return join(ROOT, source.folder, `.readme-${name}.ts`)
}
