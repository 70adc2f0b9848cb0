import { readFileSync } from 'node:fs'
import { registerHooks } from 'node:module'
import { join } from 'node:path'
import { ROOT } from './steps.ts'

/** Which version of a framework something runs on. */
export type FrameworkVersion = 'newest' | 'oldest'

/** The oldest version that each adapter promises, by package: installed beside the newest under another name. */
const OLDEST: Readonly<Record<string, Readonly<Record<string, string>>>> = {
  anthropic: { '@anthropic-ai/sdk': 'anthropic-sdk-oldest' },
  langchain: { langchain: 'langchain-oldest' },
  mcp: { '@modelcontextprotocol/sdk': 'mcp-sdk-oldest' },
  openai: { openai: 'openai-oldest' },
  'openai-agents': { '@openai/agents': 'agents-oldest' },
  'vercel-ai': { ai: 'ai-oldest', 'ai-6': 'ai-6-oldest' },
}

/** Whether an adapter has an oldest version besides the newest. */
export function hasOldest(adapter: string): boolean {
  return Object.hasOwn(OLDEST, adapter)
}

/** The version of a framework that is installed for an adapter, by its own name, such as `ai 7.0.0`. */
export function versionOf(adapter: string, framework: string, which: FrameworkVersion): string {
  const name = which === 'oldest' ? (OLDEST[adapter]?.[framework] ?? framework) : framework
  const file = join(ROOT, 'packages', adapter, 'node_modules', name, 'package.json')
  const { name: ownName, version } = JSON.parse(readFileSync(file, 'utf8')) as Record<string, string>
  return `${ownName} ${version}`
}

/**
 * Imports a file of an adapter. With `oldest` it and everything of the adapter that it imports are loaded once more, with the
 * framework's oldest version in place of the newest.
 */
export function importWith<T>(adapter: string, file: string, which: FrameworkVersion): Promise<T> {
  redirect()
  const query = which === 'oldest' ? `?${MARK}=${adapter}` : ''
  return import(`../packages/${adapter}/${file}${query}`) as Promise<T>
}

const MARK = 'oldest'
let isRedirecting = false

function redirect(): void {
  if (isRedirecting) return
  isRedirecting = true
  registerHooks({
    resolve(specifier, context, nextResolve) {
      const [, adapter] = new RegExp(`\\?${MARK}=([\\w-]+)$`).exec(context.parentURL ?? '') ?? []
      if (adapter === undefined) return nextResolve(specifier, context)
      // The adapter's own files are loaded once more, too.
      if (specifier.startsWith('.')) {
        const resolved = nextResolve(specifier, context)
        return { ...resolved, url: `${resolved.url}?${MARK}=${adapter}` }
      }
      const older = replaced(specifier, OLDEST[adapter] ?? {})
      try {
        return nextResolve(older, context)
      } catch (error) {
        // Test models come from an entry that the oldest version may not have yet.
        if (older === specifier) throw error
        return nextResolve(specifier, context)
      }
    },
  })
}

function replaced(specifier: string, names: Readonly<Record<string, string>>): string {
  const found = Object.entries(names).find(([name]) => specifier === name || specifier.startsWith(`${name}/`))
  return found ? found[1] + specifier.slice(found[0].length) : specifier
}
