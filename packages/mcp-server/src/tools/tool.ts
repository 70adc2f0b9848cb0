import type { DecisionApi, RequestOptions, RouteName } from '@bighub/core/protocol'
import type * as z from 'zod'

/** Any part of the decision API; a method that is not there has no tool. */
export type PartialDecisionApi = { readonly [Resource in keyof DecisionApi]?: Partial<DecisionApi[Resource]> }

/** What a tool claims about itself (MCP tool annotations); all four are always said, because their defaults are pessimistic. */
export interface ToolHints {
  readonly readOnlyHint: boolean
  readonly destructiveHint: boolean
  readonly idempotentHint: boolean
  readonly openWorldHint: boolean
}

/** One call of a method of the API. */
export interface MethodCall {
  readonly route: RouteName
  /** The path's parameters, in order. */
  readonly parameters: readonly string[]
  /** Body or query; undefined: neither. */
  readonly input: unknown
  readonly options: RequestOptions
}

/** Inputs of a tool, checked, with their defaults. */
export type ToolInputs = Readonly<Record<string, unknown>>

/** One tool: what a model is told of it, and what it does. */
export interface Tool {
  /** `bighub_<resource>_<method>`. */
  readonly name: string
  /** In snake_case; `http` for the passthrough. */
  readonly resource: string
  /** The name after the resource. */
  readonly method: string
  readonly description: string
  readonly inputs: z.ZodObject
  /** Form of its structured content: what the method answers, or a list wrapped as `{ items }`. */
  readonly output: z.ZodType
  readonly hints: ToolHints
  isAvailable(api: PartialDecisionApi): boolean
  call(api: PartialDecisionApi, inputs: ToolInputs, options: RequestOptions): Promise<unknown>
}
