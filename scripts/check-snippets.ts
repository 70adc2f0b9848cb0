import { mkdirSync, rmSync, writeFileSync } from 'node:fs'
import { join } from 'node:path'
import { readDocsPages } from './docs-pages.ts'
import { readSnippets, type Snippet } from './readme-snippets.ts'
import { type Counts, ROOT, runCommand } from './steps.ts'

/**
 * Compiles the snippets of all READMEs, each in its own file, and the pages of the docs, each as one program, against the sources and
 * beside what they take for granted.
 */
export async function checkSnippets(): Promise<Counts> {
  const programs = [
    ...readSnippets().map((snippet) => ({ file: pathOf(snippet), code: snippet.code })),
    ...readDocsPages(),
  ]
  const files = programs.map(({ file }) => file)
  const folder = join(ROOT, '.readme')
  try {
    for (const { file, code } of programs) writeFileSync(file, code)
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
    return code === 0 ? { passed: programs.length, failed: 0 } : { passed: 0, failed: programs.length }
  } finally {
    rmSync(folder, { recursive: true, force: true })
    for (const file of files) rmSync(file, { force: true })
  }
}

/** Git, formatter and linter pass over files of this form. */
function pathOf({ source, name }: Snippet): string {
  return join(ROOT, source.folder, `.readme-${name}.ts`)
}
