import type { Tool as ToolDefinition } from '@modelcontextprotocol/server'
import * as z from 'zod'
import type { Tool } from './tool.ts'

const definitions = new WeakMap<Tool, ToolDefinition>()

/** What `tools/list` says of a tool. Made once: schemas are large, and every HTTP request has a server of its own. */
export function toDefinition(tool: Tool): ToolDefinition {
  let definition = definitions.get(tool)
  if (!definition) {
    const { name, description, inputs, output, hints } = tool
    definition = {
      name,
      description,
      inputSchema: toJsonSchema(inputs, 'input'),
      outputSchema: toJsonSchema(output, 'output'),
      annotations: hints,
    }
    definitions.set(tool, definition)
  }
  return definition
}

/**
 * MCP wants the root to be an object, also where it is one of several. There is no `$schema`: clients of SDK 1 read draft 7, those of
 * SDK 2 draft 2020-12, and what is written means the same in both.
 */
function toJsonSchema(schema: z.ZodType, io: 'input' | 'output'): ToolDefinition['inputSchema'] {
  const { $schema: _, ...json } = z.toJSONSchema(schema, { io, override: ({ jsonSchema }) => rewriteTuple(jsonSchema) })
  return { ...json, type: 'object' } as ToolDefinition['inputSchema']
}

/** Draft 7 does not know `prefixItems`, and takes the `items: false` beside it to forbid all items. */
function rewriteTuple(json: z.core.JSONSchema.BaseSchema): void {
  const { prefixItems } = json
  if (!prefixItems) return
  delete json.prefixItems
  json.items = { anyOf: prefixItems.filter((each) => typeof each !== 'boolean') }
  json.minItems = prefixItems.length
  json.maxItems = prefixItems.length
}
