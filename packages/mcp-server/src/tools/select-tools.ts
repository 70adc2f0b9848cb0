import { ConfigurationError } from '@bighub/core/protocol'
import type { PartialDecisionApi, Tool } from './tool.ts'

/** Which tools are offered. */
export interface ToolSelection {
  /**
   * Only these: resources (`outcomes`), methods (`evaluate`) or whole names, in snake_case, with or without `bighub_`.
   * @defaultValue all
   */
  readonly tools?: readonly string[]
  /** Only those that change nothing. @defaultValue false */
  readonly isReadOnly?: boolean
}

/**
 * The tools whose method the API has, as far as they were asked for.
 *
 * @throws ConfigurationError for `tools`, if a word names no tool at all.
 */
export function selectTools(all: readonly Tool[], api: PartialDecisionApi, selection: ToolSelection): readonly Tool[] {
  const { tools: words, isReadOnly = false } = selection
  if (words?.length === 0) throw new ConfigurationError('tools', 'names no tool; leave it out to have all')
  for (const word of words ?? []) if (!all.some((tool) => isNamed(tool, word))) throw unknownWord(all, word)
  return all.filter(
    (tool) =>
      tool.isAvailable(api) &&
      (!isReadOnly || tool.hints.readOnlyHint) &&
      (!words || words.some((word) => isNamed(tool, word))),
  )
}

function isNamed({ name, resource, method }: Tool, word: string): boolean {
  return [name, resource, method, `${resource}_${method}`].includes(word)
}

function unknownWord(all: readonly Tool[], word: string): ConfigurationError {
  const resources = [...new Set(all.map(({ resource }) => resource))]
  return new ConfigurationError(
    'tools',
    `${JSON.stringify(word)} names no tool; give resources (${resources.join(', ')}), methods such as evaluate, or whole names`,
  )
}
