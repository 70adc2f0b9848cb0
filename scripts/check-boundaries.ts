import { readdirSync, readFileSync } from 'node:fs'
import { dirname, join, relative, resolve } from 'node:path'
import { type Counts, ROOT } from './steps.ts'

const ENGINE = ['@bighub/core/protocol', 'zod', 'kysely', 'node:', 'packages/engine/src/']

/**
 * Which way imports may point (architecture: arrows). Each row: a folder, and what its files may import besides their own
 * folder. A name ending in `/` is a folder of the repository, `node:` the runtime, anything else a package. The most specific row
 * holds for a file. Tests may import anything.
 */
const ARROWS: readonly (readonly [folder: string, may: readonly string[]])[] = [
  ['packages/core/src/protocol/', ['zod']],
  ['packages/core/src/guard/', ['zod', 'packages/core/src/protocol/']],
  ['packages/core/src/testing/', ['zod', 'packages/core/src/protocol/', 'packages/core/src/guard/']],
  ['packages/core/src/telemetry/', ['@opentelemetry/api', 'packages/core/src/guard/']],
  ['packages/core/src/client/', ['eventsource-parser', 'packages/core/src/protocol/']],
  ['packages/core/src/node/', ['node:', 'undici', ...core('protocol', 'guard', 'client')]],
  ['packages/core/src/', core('protocol', 'guard', 'client')],
  ['packages/engine/src/math/', []],
  // The learning core. Resources over it (`*-api.ts` and what they are made of) go under the row of the engine.
  ...['compute-features', 'features-api', 'named-features'].map((name): [string, string[]] => [
    `packages/engine/src/features/${name}`,
    ENGINE,
  ]),
  ...learning('features/', 'math'),
  ...learning('risk/', 'math', 'features'),
  ...['case-counts', 'label-of', 'precedents-api', 'query-precedents'].map((name): [string, string[]] => [
    `packages/engine/src/precedents/${name}`,
    ENGINE,
  ]),
  ...learning('precedents/', 'math', 'features', 'risk'),
  ...learning('trajectory/', 'math', 'features'),
  ...learning('calibration/calibration-book', 'math', 'features'),
  ...learning('calibration/predictions', 'math', 'features'),
  ['packages/engine/src/accounts/', [...ENGINE, 'jose']],
  ['packages/engine/src/webhooks/', [...ENGINE, 'ipaddr.js']],
  ['packages/engine/src/network-list.ts', ['ipaddr.js', 'node:']],
  ['packages/engine/src/constraints/', [...ENGINE, 'rfc6902']],
  ['packages/engine/src/storage/postgres/', [...ENGINE, 'pg']],
  ['packages/engine/src/', ENGINE],
  ['packages/server/src/wiring.ts', ['@bighub/core/protocol', '@bighub/engine', 'node:', 'packages/server/src/']],
  [
    'packages/server/src/',
    ['@bighub/core/protocol', 'zod', 'node:', 'hono', '@hono/node-server', 'prom-client', 'rate-limiter-flexible'],
  ],
  ['packages/mcp-server/src/wiring.ts', ['@bighub/core', '@bighub/engine', 'packages/mcp-server/src/']],
  [
    'packages/mcp-server/src/',
    ['@bighub/core/protocol', 'zod', 'node:', '@modelcontextprotocol/server', '@modelcontextprotocol/node'],
  ],
  ['packages/dashboard/src/', ['@bighub/core', 'preact', 'zod']],
  ['packages/langchain/src/', ['@bighub/core', 'langchain', '@langchain/core']],
  ['packages/vercel-ai/src/', ['@bighub/core', 'ai', '@ai-sdk/provider']],
  ['packages/openai-agents/src/', ['@bighub/core', '@openai/agents']],
  ['packages/openai/src/', ['@bighub/core', 'openai']],
  ['packages/anthropic/src/', ['@bighub/core', '@anthropic-ai/sdk']],
  ['packages/mastra/src/', ['@bighub/core', '@mastra/core']],
  [
    'packages/mcp/src/proxy/',
    [
      '@bighub/core',
      'node:',
      '@modelcontextprotocol/client',
      '@modelcontextprotocol/node',
      '@modelcontextprotocol/server',
      'packages/mcp/src/',
    ],
  ],
  // Structural types only: a client of either line is the application's own.
  ['packages/mcp/src/', ['@bighub/core']],
]

/** Folders without a row of their own may import anything: what starts the others, examples and benchmarks. */
const FREE = ['packages/cli/', 'examples/', 'benchmarks/', 'scripts/']

const IMPORT =
  /(?:^|\n)\s*(?:import|export)\s[^'"]*?from\s*['"]([^'"]+)['"]|import\(\s*['"]([^'"]+)['"]|(?:^|\n)import\s+['"]([^'"]+)['"]/g

/** Checks that no import points against an arrow, and that what a package imports stands in its manifest. */
export async function checkBoundaries(): Promise<Counts> {
  let passed = 0
  let failed = 0
  for (const file of sourceFiles(join(ROOT, 'packages'))) {
    const problems = problemsOf(file)
    for (const problem of problems) console.error(`${file}: ${problem}`)
    if (problems.length === 0) passed++
    else failed++
  }
  return { passed, failed }
}

function problemsOf(file: string): string[] {
  const arrow = ARROWS.find(([folder]) => file.startsWith(folder))
  if (!arrow) return FREE.some((folder) => file.startsWith(folder)) ? [] : ['has no row in ARROWS']
  const [folder, may] = arrow
  return importsOf(file).flatMap((specifier) => {
    const target = specifier.startsWith('.') ? relative(ROOT, resolve(ROOT, dirname(file), specifier)) : specifier
    if (target.startsWith(folder)) return []
    if (!may.some((each) => matches(target, each))) return [`must not import ${specifier}`]
    return isDeclared(file, target) ? [] : [`imports ${specifier}, which its package.json does not name`]
  })
}

function matches(target: string, allowed: string): boolean {
  if (allowed.endsWith('/') || allowed.endsWith(':')) return target.startsWith(allowed)
  // An entry point must be named; a package's further paths are the package's own affair.
  if (allowed.startsWith('@bighub/')) return target === allowed
  return target === allowed || target.startsWith(`${allowed}/`)
}

function isDeclared(file: string, target: string): boolean {
  if (target.startsWith('packages/') || target.startsWith('node:')) return true
  const [, name = ''] = /^packages\/([^/]+)\//.exec(file) ?? []
  const manifest = JSON.parse(readFileSync(join(ROOT, 'packages', name, 'package.json'), 'utf8')) as Record<
    'dependencies' | 'peerDependencies',
    Record<string, string> | undefined
  >
  const wanted = target.startsWith('@') ? target.split('/').slice(0, 2).join('/') : (target.split('/')[0] ?? '')
  return wanted in { ...manifest.dependencies, ...manifest.peerDependencies }
}

function importsOf(file: string): string[] {
  const text = readFileSync(join(ROOT, file), 'utf8')
  return [...text.matchAll(IMPORT)].map((match) => match[1] ?? match[2] ?? match[3] ?? '')
}

function sourceFiles(folder: string): string[] {
  return readdirSync(folder, { recursive: true, withFileTypes: true })
    .filter((entry) => entry.isFile() && /\.tsx?$/.test(entry.name) && !/\.test(-d)?\.ts$/.test(entry.name))
    .map((entry) => relative(ROOT, join(entry.parentPath, entry.name)))
    .filter((file) => /^packages\/[^/]+\/src\//.test(file))
    .toSorted()
}

function core(...folders: readonly string[]): string[] {
  return folders.map((folder) => `packages/core/src/${folder}/`)
}

function learning(files: string, ...folders: readonly string[]): [string, string[]][] {
  const may = folders.map((folder) => `packages/engine/src/${folder}/`)
  return [[`packages/engine/src/${files}`, ['@bighub/core/protocol', ...may]]]
}
