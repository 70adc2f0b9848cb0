import { existsSync, globSync, readFileSync } from 'node:fs'
import { basename, dirname, join, relative } from 'node:path'
import { isDeclared, namesExportedBy } from './readme-snippets.ts'
import { ROOT } from './steps.ts'

/** A page under `docs/` as one program: its snippets in order, so that a later one may go on where an earlier one stopped. */
export interface DocsPage {
  /** Path below the repository's root. */
  readonly path: string
  /** File to write the program to, beside the setup whose dependencies it sees. */
  readonly file: string
  readonly code: string
}

/**
 * A fence of one of three kinds: TypeScript; a shell script; JSON that is written to the file named behind `json`. The same in an HTML
 * comment is run and not shown. Other fences (`console`, `text`, `js`) are to be read only: installations, and what runs on.
 */
const SNIPPET = /\n(?:```|<!-- )(ts|sh|json) ?([\w.-]*)\n([\s\S]*?)\n(?:```|-->)/g
const IMPORT = /^import (type )?(?:\{([^}]*)\}|(\w+)) from '([^']+)'\n?/gm

/** Every page that has snippets, the generated reference left out. */
export function readDocsPages(): DocsPage[] {
  return globSync('docs/**/*.md', { cwd: ROOT })
    .filter((path) => !path.startsWith(join('docs', 'reference')))
    .toSorted()
    .flatMap((path) => readPage(path))
}

function readPage(path: string): DocsPage[] {
  const snippets = [...readFileSync(join(ROOT, path), 'utf8').matchAll(SNIPPET)]
  if (!snippets.some(([, kind, file]) => kind !== 'json' || file)) return []
  const { folder, setup } = settingOf(path)
  const imports: string[] = []
  const steps = snippets.map(([, kind = '', file = '', text = '']) => {
    if (kind === 'sh') return `await runShell(${JSON.stringify(text)})`
    if (kind === 'json') return file && `writeSnippetFile(${JSON.stringify(file)}, ${JSON.stringify(text)})`
    return text.replaceAll(IMPORT, (line) => {
      imports.push(line)
      return ''
    })
  })
  const body = steps.join('\n')
  const support = relative(join(ROOT, folder), join(ROOT, 'scripts', 'docs-shell.ts'))
  const head = [
    ...mergeImports(imports),
    ...importOf(
      ['runShell', 'writeSnippetFile'].filter((name) => body.includes(name)),
      support,
    ),
    ...importOf(usedOf(join(ROOT, folder, setup), `${imports.join('')}${body}`), `./${setup}`),
  ]
  const name = `${basename(dirname(path))}-${basename(path, '.md')}`
  return [{ path, file: join(ROOT, folder, `.readme-${name}.ts`), code: `${head.join('\n')}\n${body}\nexport {}\n` }]
}

/** The guide to a package stands beside that package's README snippets; every other page beside the command line, which sees all. */
function settingOf(path: string): { readonly folder: string; readonly setup: string } {
  const folder = join('packages', basename(path, '.md'), 'test')
  if (dirname(path) !== join('docs', 'guides') || !existsSync(join(ROOT, folder)))
    return { folder: join('packages', 'cli', 'test'), setup: 'docs-setup.ts' }
  return { folder, setup: existsSync(join(ROOT, folder, 'guide-setup.ts')) ? 'guide-setup.ts' : 'readme-setup.ts' }
}

/** One import a module, since snippets of a page import what they show whether an earlier one did or not. */
function mergeImports(imports: readonly string[]): string[] {
  const named = new Map<string, Set<string>>()
  const lines = new Set<string>()
  for (const [line, type, names, , source = ''] of imports.flatMap((each) => [...each.matchAll(IMPORT)])) {
    if (names === undefined) lines.add(line.trim())
    const known = named.get(source) ?? new Set()
    for (const name of names?.split(',') ?? []) if (name.trim()) known.add(type ? `type ${name.trim()}` : name.trim())
    named.set(source, known)
  }
  return [...lines, ...[...named].flatMap(([source, names]) => importOf([...names], source))]
}

function importOf(names: readonly string[], source: string): string[] {
  return names.length === 0 ? [] : [`import { ${names.join(', ')} } from '${source}'`]
}

function usedOf(setup: string, code: string): string[] {
  return namesExportedBy(setup).filter((name) => new RegExp(`\\b${name}\\b`).test(code) && !isDeclared(name, code))
}
