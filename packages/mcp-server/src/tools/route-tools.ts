import {
  answersList,
  listRoutes,
  pathParameters,
  type RequestOptions,
  type ResourceName,
  type Route,
  type RouteName,
} from '@bighub/core/protocol'
import * as z from 'zod'
import { INPUT_DESCRIPTIONS } from './input-descriptions.ts'
import type { MethodCall, PartialDecisionApi, Tool, ToolInputs } from './tool.ts'
import { ROUTES_WITHOUT_TOOL, SECOND_TOOLS, TOOL_EXCEPTIONS, type ToolException } from './tool-exceptions.ts'
import { toolHints } from './tool-hints.ts'

/** The tools of the route table, in its order: all of the reference's routes, and those of ours that are marked as tools. */
export const ROUTE_TOOLS: readonly Tool[] = listRoutes().flatMap(({ name, route }) => {
  if (!isTool(name, route)) return []
  const seconds = SECOND_TOOLS.filter((second) => second.route === name).map(({ exception }) => exception)
  return [TOOL_EXCEPTIONS[name] ?? {}, ...seconds].map((exception) => toTool(name, route, exception))
})

function isTool(name: RouteName, route: Route): boolean {
  return (route.isTool ?? !route.isOurs) && !ROUTES_WITHOUT_TOOL.has(name)
}

function toTool(name: RouteName, route: Route, exception: ToolException): Tool {
  const [resource = '', ownMethod = ''] = name.split('.').map(toSnakeCase)
  const method = exception.method ?? ownMethod
  const hints = toolHints(name, route)
  return {
    name: `bighub_${resource}_${method}`,
    resource,
    method,
    description: exception.description ?? route.summary,
    inputs: toInputs(route, exception),
    output: exception.output ?? (answersList(route) ? z.object({ items: route.response }) : route.response),
    hints: exception.isReading ? { ...hints, readOnlyHint: true, idempotentHint: true } : hints,
    isAvailable: (api) => methodOf(api, name) !== null,
    call: async (api, inputs, options) => {
      const call = toCall(name, route, exception, inputs, options)
      const target = methodOf(api, call.route)
      if (!target) throw new Error(`the API has no ${call.route}`)
      const hasInput = route.body !== undefined || route.query !== undefined
      return target(...call.parameters, ...(hasInput ? [call.input] : []), call.options)
    },
  }
}

function toSnakeCase(name: string): string {
  return name.replace(/[A-Z]/g, (letter) => `_${letter.toLowerCase()}`)
}

function toInputs(route: Route, exception: ToolException): z.ZodObject {
  const { isPayload = false, inputs = {}, without = [], defaults = {} } = exception
  const shape: Record<string, z.ZodType> = {
    ...Object.fromEntries(pathParameters(route.path).map((parameter) => [parameter, z.string().min(1).max(500)])),
    ...(isPayload && route.body ? { payload: route.body } : shapeOf(route)),
    ...inputs,
    ...(route.isIdempotent ? { idempotency_key: z.string().min(1).max(500).optional() } : {}),
  }
  const entries = Object.entries(shape).filter(([input]) => !without.includes(input))
  // A misspelt input would change what is judged, so it is refused, not left out.
  return z.strictObject(
    Object.fromEntries(
      entries.map(([input, schema]) => [input, described(input, withDefault(schema, defaults[input]))]),
    ),
  )
}

function shapeOf(route: Route): Readonly<Record<string, z.ZodType>> {
  const schema = route.body ?? route.query
  if (!schema) return {}
  if (!(schema instanceof z.ZodObject))
    throw new Error(`${route.verb} ${route.path} takes no object; give it an exception`)
  return schema.shape
}

function withDefault(schema: z.ZodType, value: unknown): z.ZodType {
  return value === undefined ? schema : schema.default(value)
}

function described(input: string, schema: z.ZodType): z.ZodType {
  const description = Object.hasOwn(INPUT_DESCRIPTIONS, input) ? INPUT_DESCRIPTIONS[input] : undefined
  return description === undefined ? schema : schema.describe(description)
}

function toCall(
  name: RouteName,
  route: Route,
  exception: ToolException,
  inputs: ToolInputs,
  options: RequestOptions,
): MethodCall {
  const names = pathParameters(route.path)
  const { idempotency_key, ...rest } = inputs
  const input = exception.isPayload
    ? rest['payload']
    : Object.fromEntries(Object.entries(rest).filter(([key]) => !names.includes(key)))
  const call: MethodCall = {
    route: name,
    parameters: names.map((parameter) => String(rest[parameter])),
    input,
    options: typeof idempotency_key === 'string' ? { ...options, idempotencyKey: idempotency_key } : options,
  }
  return exception.toCall ? exception.toCall(call) : call
}

type Method = (...args: readonly unknown[]) => Promise<unknown>

function methodOf(api: PartialDecisionApi, name: RouteName): Method | null {
  const [resource = '', method = ''] = name.split('.')
  // Names of the route table's own; what each method takes is what the table says of it.
  const methods = api[resource as ResourceName] as Readonly<Record<string, Method | undefined>> | undefined
  const found = methods?.[method]
  return typeof found === 'function' ? found.bind(methods) : null
}
