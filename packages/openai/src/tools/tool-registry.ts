import { ConfigurationError, type ToolOptions } from '@bighub/core'
import { type JsonSchema, type Parameters, readParameters, type StandardSchema } from './parameters.ts'

/** What a tool is told about its call. */
export interface ToolCallContext {
  readonly callId: string
  readonly signal: AbortSignal | undefined
}

/** Options of a tool: what the model is told of it, and what the guard should know. */
// The same default as `ToolOptions`: one record may hold tools with different arguments.
// oxlint-disable-next-line typescript/no-explicit-any
export interface OpenAIToolOptions<Args = any> extends ToolOptions<Args> {
  /** @defaultValue a sentence with the name */
  readonly description?: string
  /** JSON Schema, or a zod 4 schema, which also checks and types the arguments. @defaultValue no parameters */
  readonly parameters?: JsonSchema | StandardSchema<Args>
  /** Whether the provider keeps the model to the schema. @defaultValue true */
  readonly strict?: boolean
}

export interface RegisteredTool {
  readonly name: string
  readonly description: string
  readonly parameters: Parameters
  readonly strict: boolean
  readonly execute: (args: unknown, context: ToolCallContext) => unknown
  readonly options: ToolOptions
}

/** Tools by name. The name comes from a model, so it is looked up in a map. */
export class ToolRegistry {
  readonly #tools = new Map<string, RegisteredTool>()

  /** Adds a tool, or replaces the one of the same name. @throws ConfigurationError naming what cannot work. */
  add(name: string, execute: RegisteredTool['execute'], given: OpenAIToolOptions): void {
    if (typeof name !== 'string' || !/^[\w-]{1,64}$/.test(name))
      throw new ConfigurationError('name', `${JSON.stringify(name)} is no name of 1 to 64 letters, digits, _ or -`)
    if (typeof execute !== 'function') throw new ConfigurationError(`tools.${name}`, 'needs a function that runs it')
    const { description = `Runs ${name}.`, parameters, strict = true, ...options } = given
    this.#tools.set(name, { name, description, parameters: readParameters(parameters), strict, execute, options })
  }

  find(name: string): RegisteredTool | undefined {
    return this.#tools.get(name)
  }

  /** @throws ConfigurationError if there is no such tool. */
  get(name: string): RegisteredTool {
    const tool = this.#tools.get(name)
    if (tool) return tool
    throw new ConfigurationError('tool', `${JSON.stringify(name)} is not registered; there are ${this.#names()}`)
  }

  /** @throws ConfigurationError if there are none. */
  list(): readonly RegisteredTool[] {
    if (this.#tools.size === 0) throw new ConfigurationError('tools', 'none is registered; call registerTool first')
    return [...this.#tools.values()]
  }

  #names(): string {
    return [...this.#tools.keys()].join(', ') || 'none'
  }
}
