import { readFileSync } from 'node:fs'
import { describe, expect, it } from 'vitest'
import { httpRequestTool } from '../src/tools/http-request-tool.ts'
import { ROUTE_TOOLS } from '../src/tools/route-tools.ts'
import { toDefinition } from '../src/tools/to-definition.ts'
import { VERSION } from '../src/version.ts'
import { REFERENCE_TOOLS } from './__fixtures__/reference-tools.ts'

const passthrough = httpRequestTool(async () => ({}))
const definitions = new Map([passthrough, ...ROUTE_TOOLS].map((tool) => [tool.name, toDefinition(tool)]))

/** `name*`, `name=default` or `name`, as the fixture writes it. */
function parseInput(text: string): { name: string; isRequired: boolean; byDefault: unknown } {
  const [, name = '', star, json] = /^(\w+)(\*)?(?:=(.*))?$/.exec(text) ?? []
  return { name, isRequired: star === '*', byDefault: json === undefined ? undefined : JSON.parse(json) }
}

describe('the tools of the reference', () => {
  it('are 125, and all there', () => {
    expect(Object.keys(REFERENCE_TOOLS)).toHaveLength(125)
    expect(Object.keys(REFERENCE_TOOLS).filter((name) => !definitions.has(name))).toEqual([])
  })

  it('are joined by those of our own routes that a model may call, and no others', () => {
    expect([...definitions.keys()].filter((name) => !(name in REFERENCE_TOOLS))).toEqual([
      'bighub_approvals_get',
      'bighub_effects_list',
      'bighub_decisions_list',
      'bighub_decisions_get',
      'bighub_policy_get',
      'bighub_backtests_create',
      'bighub_backtests_get',
    ])
  })

  it.each(Object.entries(REFERENCE_TOOLS))('%s has the same inputs, required ones and defaults', (name, text) => {
    const inputs = text === '' ? [] : text.split(' ').map(parseInput)
    const inputSchema = definitions.get(name)?.inputSchema
    const properties = (inputSchema?.properties ?? {}) as Record<string, { default?: unknown }>
    expect(inputs.filter((input) => !(input.name in properties)).map((input) => input.name)).toEqual([])
    const required = inputs.filter(({ isRequired }) => isRequired).map(({ name }) => name)
    expect(new Set(inputSchema?.required ?? [])).toEqual(new Set(required))
    expect(Object.fromEntries(inputs.map((input) => [input.name, properties[input.name]?.default]))).toEqual(
      Object.fromEntries(inputs.map((input) => [input.name, input.byDefault])),
    )
  })
})

describe('every tool', () => {
  it.each([passthrough, ...ROUTE_TOOLS])('$name has a short name and takes its own defaults', ({ name, inputs }) => {
    expect(name).toMatch(/^bighub_[a-z_]{1,57}$/)
    const properties = (definitions.get(name)?.inputSchema.properties ?? {}) as Record<string, { default?: unknown }>
    const refused = Object.entries(properties).filter(
      ([input, schema]) => 'default' in schema && !inputs.shape[input]?.safeParse(schema.default).success,
    )
    expect(refused).toEqual([])
  })

  it('says whether it only reads, destroys, may be repeated and reaches outside', () => {
    const tools = [...definitions.values()]
    const names = (hint: 'readOnlyHint' | 'destructiveHint' | 'openWorldHint', value: boolean): string[] =>
      tools.filter(({ annotations }) => annotations?.[hint] === value).map(({ name }) => name)
    expect(names('destructiveHint', true)).toEqual([
      'bighub_http_request',
      'bighub_actions_live_disconnect',
      'bighub_constraints_delete',
      'bighub_constraints_purge_idempotency',
      'bighub_webhooks_delete',
      'bighub_api_keys_delete',
      'bighub_api_keys_rotate',
      'bighub_auth_logout',
      'bighub_kill_switch_activate',
      'bighub_kill_switch_deactivate',
    ])
    expect(names('openWorldHint', true)).toEqual(['bighub_webhooks_test', 'bighub_webhooks_replay_failed_delivery'])
    expect(names('readOnlyHint', true).filter((name) => names('destructiveHint', true).includes(name))).toEqual([])
    expect(names('readOnlyHint', false)).toContain('bighub_insights_learn')
    expect(names('readOnlyHint', true)).toContain('bighub_actions_dry_run')
    expect(tools.filter(({ annotations: a }) => a?.readOnlyHint && !a.idempotentHint)).toEqual([])
  })
})

it('states its own version', () => {
  const manifest = JSON.parse(readFileSync(new URL('../package.json', import.meta.url), 'utf8')) as { version: string }
  expect(VERSION).toBe(manifest.version)
})
