import { listRoutes, pathParameters, type Route, type RouteName } from '@bighub/core/protocol'
import fc from 'fast-check'
import { hostileValue, oneOff, valuesOf } from './schema-values.ts'

/** One request to a route; ids in path and body are still to be put in. */
export interface FuzzRequest {
  readonly name: RouteName
  readonly route: Route
  readonly parameters: readonly string[]
  readonly query: readonly (readonly [string, string])[]
  /** What is sent, as text; null: nothing. */
  readonly body: string | null
  readonly headers: Readonly<Record<string, string>>
}

/** Hashing a password takes a tenth of a second and nothing else happens there. */
const SLOW: ReadonlySet<RouteName> = new Set(['auth.signup', 'auth.login'])

/** Requests to all routes: most of them valid or nearly so, some that have nothing to do with the schema. */
export function hostileRequests(): fc.Arbitrary<FuzzRequest> {
  const routes = listRoutes().map(({ name, route }) => ({
    weight: SLOW.has(name) ? 1 : 10,
    arbitrary: requestsTo(name, route),
  }))
  return fc.oneof(...routes)
}

function requestsTo(name: RouteName, route: Route): fc.Arbitrary<FuzzRequest> {
  return fc.record({
    name: fc.constant(name),
    route: fc.constant(route),
    parameters: fc.tuple<string[]>(...pathParameters(route.path).map(() => parameter)),
    query: queries(route),
    body: bodies(route),
    headers,
  })
}

const parameter: fc.Arbitrary<string> = fc.oneof(
  { weight: 6, arbitrary: fc.nat({ max: 10_000 }).map((index) => `<id ${index}>`) },
  { weight: 1, arbitrary: fc.constantFrom('payments', 'balanced', 'value', '0', '1', 'none') },
  { weight: 1, arbitrary: fc.string({ minLength: 1, maxLength: 20, unit: 'binary' }) },
  { weight: 1, arbitrary: fc.constantFrom('%', '..%2f', '%00', '__proto__', 'x'.repeat(600), '\ud800', "' OR 1=1 --") },
)

function queries({ query }: Route): fc.Arbitrary<[string, string][]> {
  if (!query) return fc.constantFrom([], [['unknown', 'field']])
  const valid = valuesOf(query)
  const shaped = fc.oneof({ weight: 3, arbitrary: valid }, { weight: 1, arbitrary: valid.chain(oneOff) })
  return shaped.map((value) =>
    Object.entries((typeof value === 'object' && value) || {}).map(([name, each]) => [name, textOf(each)]),
  )
}

function textOf(value: unknown): string {
  return typeof value === 'string' ? value : (JSON.stringify(value) ?? '')
}

function bodies({ body, verb }: Route): fc.Arbitrary<string | null> {
  if (verb === 'GET') return fc.constant(null)
  const broken = fc.constantFrom(
    null,
    '',
    '{',
    'null',
    '"',
    '[1,',
    '{"a":1}x',
    'undefined',
    '['.repeat(5000),
    '\ufeff{}',
  )
  if (!body) return fc.oneof(fc.constant(null), broken, toJson(hostileValue))
  const valid = valuesOf(body)
  return fc.oneof(
    { weight: 6, arbitrary: toJson(valid) },
    { weight: 5, arbitrary: toJson(valid.chain(oneOff)) },
    { weight: 2, arbitrary: toJson(hostileValue) },
    { weight: 1, arbitrary: broken },
  )
}

function toJson(values: fc.Arbitrary<unknown>): fc.Arbitrary<string> {
  return values.map((value) => JSON.stringify(value))
}

const headers: fc.Arbitrary<Record<string, string>> = fc.oneof(
  { weight: 20, arbitrary: fc.constant({}) },
  // Few, since behind them nothing is reached.
  {
    weight: 1,
    arbitrary: fc.record({
      'x-api-key': fc.constant(''),
      authorization: fc.oneof(fc.constantFrom('Bearer', 'Bearer a.b.c', 'Basic x'), latin(50)),
    }),
  },
  { weight: 1, arbitrary: fc.record({ 'x-api-key': latin(50) }) },
  {
    weight: 4,
    arbitrary: fc.record(
      {
        'idempotency-key': fc.oneof(fc.constantFrom('key-1', 'key-2', ''), latin(300)),
        'if-match': fc.oneof(fc.constantFrom('*', 'W/"policy:v1"', 'W/"rule:x:v1"', '"'), latin(50)),
        'x-request-id': latin(200),
        'content-type': fc.constantFrom('application/json', 'text/plain', 'application/json; charset=x', ''),
        origin: latin(50),
      },
      { requiredKeys: [] },
    ),
  },
)

/** Text that HTTP takes as a header's value. */
function latin(maxLength: number): fc.Arbitrary<string> {
  return fc
    .array(fc.oneof(fc.integer({ min: 0x20, max: 0x7e }), fc.integer({ min: 0xa0, max: 0xff })), { maxLength })
    .map((codes) => String.fromCharCode(...codes).trim())
}
