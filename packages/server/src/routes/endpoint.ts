import { listRoutes, pathParameters, type Route, type RouteName } from '@bighub/core/protocol'
import { type QueryReader, queryReader } from './read-query.ts'

/** A route of the table with what the server needs of it at each request, worked out once. */
export interface Endpoint {
  readonly name: RouteName
  readonly resource: string
  readonly method: string
  readonly route: Route
  readonly parameters: readonly string[]
  /** Null: the route has no query. */
  readonly readQuery: QueryReader | null
}

/** Every route of the table, ordered so that the first one that matches a path is the right one. */
export function listEndpoints(): Endpoint[] {
  return listRoutes()
    .map(({ name, route }) => toEndpoint(name, route))
    .toSorted((a, b) => comparePaths(a.route.path, b.route.path))
}

function toEndpoint(name: RouteName, route: Route): Endpoint {
  const [resource = '', method = ''] = name.split('.')
  const readQuery = route.query ? queryReader(route.query) : null
  return { name, resource, method, route, parameters: pathParameters(route.path), readQuery }
}

/** Segment by segment, fixed ones before parameters (protocol §9). */
function comparePaths(a: string, b: string): number {
  const [left, right] = [a.split('/'), b.split('/')]
  for (let index = 0; index < Math.max(left.length, right.length); index++) {
    const [one = '', other = ''] = [left[index], right[index]]
    const rank = Number(one.startsWith('{')) - Number(other.startsWith('{'))
    if (rank !== 0) return rank
    if (one !== other) return one < other ? -1 : 1
  }
  return 0
}
