import { type ToolAnnotations, type ToolOptions, type ToolOptionsByName, toolOptionsFor } from '@bighub/core'

/** Most tools remembered; their names come from servers. */
const CAPACITY = 10_000

/** What a server says of its tools. Its hints are claims by the tools' author, never proof. */
export class ToolCatalog {
  readonly #given: ToolOptionsByName
  readonly #onTool: (name: string) => void
  readonly #annotations = new Map<string, ToolAnnotations | undefined>()
  #isKnown = false

  /** @param onTool - Told of each tool once. */
  constructor(given: ToolOptionsByName, onTool: (name: string) => void) {
    this.#given = given
    this.#onTool = onTool
  }

  /** Whether the server has listed its tools. */
  get isKnown(): boolean {
    return this.#isKnown
  }

  /** Learns from a result of `tools/list`; from anything else it learns nothing. */
  learn(result: unknown): void {
    const { tools } = (result ?? {}) as { readonly tools?: unknown }
    if (!Array.isArray(tools)) return
    this.#isKnown = true
    for (const tool of tools as readonly { readonly name?: unknown; readonly annotations?: unknown }[]) {
      const { name, annotations } = tool ?? {}
      if (typeof name !== 'string' || (this.#annotations.size >= CAPACITY && !this.#annotations.has(name))) continue
      if (!this.#annotations.has(name)) this.#onTool(name)
      this.#annotations.set(name, isRecord(annotations) ? annotations : undefined)
    }
  }

  /** The options of a tool; hints of its author stand in where nothing else is said. */
  optionsOf(name: string): ToolOptions {
    const given = toolOptionsFor(this.#given, name)
    const annotations = given.annotations ?? this.#annotations.get(name)
    return annotations ? { ...given, annotations } : given
  }
}

function isRecord(value: unknown): value is ToolAnnotations {
  return typeof value === 'object' && value !== null
}
