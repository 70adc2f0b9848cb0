import { readFileSync } from 'node:fs'
import { describe, expect, it } from 'vitest'
import { answersList, pathParameters } from './route.ts'
import { listRoutes, ROUTE_ALIASES } from './routes.ts'

/** The reference SDK's endpoints and the one that only its MCP server uses (protocol §9). */
const REFERENCE = readFileSync(new URL('__fixtures__/reference-endpoints.txt', import.meta.url), 'utf8')
  .trim()
  .split('\n')

const ROUTES = listRoutes()
const nameOf = ({ verb, path }: { verb: string; path: string }): string => `${verb} ${path}`

describe('the route table', () => {
  it('has every endpoint of the reference, and marks the others as ours', () => {
    const theirs = ROUTES.filter(({ route }) => !route.isOurs).map(({ route }) => nameOf(route))
    expect(theirs.toSorted()).toEqual(REFERENCE.toSorted())
    expect(theirs).toHaveLength(124)
  })

  it('has each endpoint once', () => {
    const all = ROUTES.map(({ route }) => nameOf(route))
    expect(new Set(all).size).toBe(all.length)
  })

  it('counts 128 methods of the reference with its second names', () => {
    // One method reads two endpoints (features.explain) and one endpoint has no method (ingest.adapters). The table names
    // the second one `explainOne`, and the reference has one name fewer for each.
    const methods = ROUTES.filter(
      ({ name, route }) => !route.isOurs && name !== 'ingest.adapters' && name !== 'features.explainOne',
    )
    expect(methods.length + Object.keys(ROUTE_ALIASES).length).toBe(128)
  })

  it.each([
    ['constraints.list', 'constraints.domains', 'constraints.versions', 'approvals.list'],
    ['webhooks.list', 'webhooks.deliveries', 'calibration.qualityHistory', 'actions.evaluateBatch'],
  ])('answers bare lists where the reference does: %s, %s, %s, %s', (...names) => {
    const lists = ROUTES.filter(({ route }) => answersList(route) && !route.isOurs).map(({ name }) => name)
    expect(lists).toEqual(expect.arrayContaining(names))
    expect(lists).toHaveLength(8)
  })

  it.each(ROUTES.map(({ name, route }) => [name, route] as const))('%s is complete and consistent', (_, route) => {
    expect(route.summary).toMatch(/^[A-Z].*\.$/)
    for (const parameter of pathParameters(route.path)) expect(parameter).toMatch(/^[a-z]+(_[a-z]+)*$/)
    expect(route.path).toMatch(/^(\/([a-z_-]+|\{[a-z_]+\}))+$/)
    expect(route.verb === 'GET' && route.body !== undefined).toBe(false)
    // A method takes one input; where it may be a body or a query nobody could tell which.
    expect(route.body !== undefined && route.query !== undefined).toBe(false)
  })

  it('sends idempotency keys where the reference does (protocol §4)', () => {
    const keyed = ROUTES.filter(({ route }) => route.isIdempotent && !route.isOurs).map(({ name }) => name)
    expect(keyed).toEqual([
      'actions.evaluate',
      'actions.evaluateBatch',
      'constraints.create',
      'constraints.update',
      'constraints.delete',
      'constraints.pause',
      'constraints.resume',
      'constraints.applyPatch',
    ])
  })
})
