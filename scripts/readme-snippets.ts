import { existsSync, readFileSync } from 'node:fs'
import { join } from 'node:path'
import { ROOT } from './steps.ts'

/** A README whose TypeScript snippets are compiled, and what they may take for granted. */
export interface SnippetSource {
  readonly readme: string
  /** Folder whose dependencies the snippets see. */
  readonly folder: string
  /** File in that folder whose exports the snippets use without importing them: a model, a tool, a prompt. */
  readonly setup: string
}

export interface Snippet {
  readonly source: SnippetSource
  /** Name for messages and files, such as `langchain-1`. */
  readonly name: string
  /** The snippet with the imports it needs from the setup. */
  readonly code: string
  /** The README's quick start, which has to run as it stands. */
  readonly isQuickStart: boolean
}

/** READMEs by the name that their snippets go under. */
const SOURCES: Readonly<Record<string, SnippetSource>> = {
  root: { readme: 'README.md', folder: 'packages/cli/test', setup: 'readme-setup.ts' },
  // The guard's README shows it with the engine, which core itself does not know.
  core: { readme: 'packages/core/README.md', folder: 'packages/engine/test', setup: 'core-readme-setup.ts' },
  engine: { readme: 'packages/engine/README.md', folder: 'packages/engine/test', setup: 'readme-setup.ts' },
  server: { readme: 'packages/server/README.md', folder: 'packages/server/test', setup: 'readme-setup.ts' },
  'mcp-server': {
    readme: 'packages/mcp-server/README.md',
    folder: 'packages/mcp-server/test',
    setup: 'readme-setup.ts',
  },
  langchain: { readme: 'packages/langchain/README.md', folder: 'packages/langchain/test', setup: 'readme-setup.ts' },
  'vercel-ai': { readme: 'packages/vercel-ai/README.md', folder: 'packages/vercel-ai/test', setup: 'readme-setup.ts' },
  'openai-agents': {
    readme: 'packages/openai-agents/README.md',
    folder: 'packages/openai-agents/test',
    setup: 'readme-setup.ts',
  },
  anthropic: { readme: 'packages/anthropic/README.md', folder: 'packages/anthropic/test', setup: 'readme-setup.ts' },
  mastra: { readme: 'packages/mastra/README.md', folder: 'packages/mastra/test', setup: 'readme-setup.ts' },
  mcp: { readme: 'packages/mcp/README.md', folder: 'packages/mcp/test', setup: 'readme-setup.ts' },
  openai: { readme: 'packages/openai/README.md', folder: 'packages/openai/test', setup: 'readme-setup.ts' },
}

const FENCE = /\n```ts\n([\s\S]*?)\n```/g

/** Every TypeScript snippet of every README. The first after the heading "Quick start" of each is marked as such. */
export function readSnippets(): Snippet[] {
  return Object.entries(SOURCES).flatMap(([name, source]) => {
    const text = readFileSync(join(ROOT, source.readme), 'utf8')
    const start = text.indexOf('\n## Quick start')
    const found = [...text.matchAll(FENCE)]
    const first = found.find((match) => match.index > start && start >= 0)
    return found.map((match, index) => ({
      source,
      name: `${name}-${index + 1}`,
      code: withSetup(match[1] ?? '', source),
      isQuickStart: match === first,
    }))
  })
}

function withSetup(code: string, { folder, setup }: SnippetSource): string {
  const exported = namesExportedBy(join(ROOT, folder, setup))
  const used = exported.filter((name) => new RegExp(`\\b${name}\\b`).test(code) && !isDeclared(name, code))
  const imports = used.length === 0 ? '' : `import { ${used.join(', ')} } from './${setup}'\n`
  return `${imports}${code}\n\nexport {}\n`
}

/** What a setup file offers; nothing if there is none. */
export function namesExportedBy(file: string): string[] {
  if (!existsSync(file)) return []
  const found = readFileSync(file, 'utf8').matchAll(
    /^export (?:declare )?(?:const|async function|function|class) (\w+)/gm,
  )
  return [...found].map((match) => match[1] ?? '')
}

/** Whether a snippet brings a name itself. */
export function isDeclared(name: string, code: string): boolean {
  return (
    new RegExp(`(?:const|let|class|function) ${name}\\b`).test(code) ||
    new RegExp(`import (?:type )?\\{[^}]*\\b${name}\\b[^}]*\\}`).test(code) ||
    new RegExp(`const \\{[^}]*\\b${name}\\b[^}]*\\} =`).test(code)
  )
}
