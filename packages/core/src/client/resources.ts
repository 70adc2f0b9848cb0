import {
  type ApplyPatchRequest,
  type ConnectRequest,
  type DecisionApi,
  listRoutes,
  pathParameters,
  type RequestOptions,
  type ResourceName,
  ROUTE_ALIASES,
  ROUTES,
  type Route,
  type RouteName,
} from '../protocol/index.ts'
import type { LiveSession, LiveSessionOptions } from './live-session.ts'
import type { RouteCall } from './send-request.ts'
import { SHAPES, type Shape, toDryRun, toEvaluationPayload } from './shape-input.ts'

type MethodOf<Name> = Name extends `${infer Resource extends ResourceName}.${infer Method}`
  ? DecisionApi[Resource][Method & keyof DecisionApi[Resource]]
  : never
type Aliases = typeof ROUTE_ALIASES
/** Second names of a resource's methods. */
type AliasesOf<Resource extends ResourceName> = {
  readonly [Name in keyof Aliases as Name extends `${Resource}.${infer Short}` ? Short : never]: MethodOf<Aliases[Name]>
}

/** A JSON Patch as a list of operations, or as `actions.memoryRecommendations` suggests it. */
export type Patch =
  | ApplyPatchRequest['patch']
  | { readonly format: 'json_patch'; readonly ops: ApplyPatchRequest['patch'] }

type ActionsResource = DecisionApi['actions'] &
  Omit<AliasesOf<'actions'>, 'beginLiveSession'> & {
    /** Connects, and keeps the connection with heartbeats until it is disconnected. */
    readonly beginLiveSession: (request?: ConnectRequest, options?: LiveSessionOptions) => Promise<LiveSession>
  }
type ConstraintsResource = Omit<DecisionApi['constraints'], 'applyPatch'> & {
  /** `options.ifMatch` goes out as `If-Match`; without `preview: false` nothing is changed. */
  readonly applyPatch: (
    ruleId: string,
    request: Omit<ApplyPatchRequest, 'patch'> & { readonly patch: Patch },
    options?: RequestOptions,
  ) => ReturnType<DecisionApi['constraints']['applyPatch']>
}

/** Every resource of the route table, with the names that the reference SDK has besides. */
export type ClientResources = Omit<DecisionApi, 'actions' | 'apiKeys' | 'constraints'> & {
  readonly actions: ActionsResource
  readonly apiKeys: DecisionApi['apiKeys'] & AliasesOf<'apiKeys'>
  readonly constraints: ConstraintsResource
  /** The same object as `constraints`. */
  readonly rules: ConstraintsResource
}

type Method = (...args: unknown[]) => Promise<unknown>

/** Second names that do not simply stand for the method: what they do to their input. */
const ALIAS_SHAPES: Readonly<Partial<Record<keyof Aliases, Shape>>> = {
  'actions.evaluatePayload': toEvaluationPayload,
  'actions.submitPayload': toEvaluationPayload,
  'actions.dryRun': toDryRun,
}

/** Makes each method of the route table, and its second names, into one that sends. */
export function createResources(
  send: (call: RouteCall) => Promise<unknown>,
  beginLiveSession: ActionsResource['beginLiveSession'],
): ClientResources {
  const resources: Record<string, Record<string, Method>> = {}
  const add = (name: string, method: Method): void => {
    const [resource = '', short = ''] = name.split('.')
    resources[resource] ??= {}
    resources[resource][short] = method
  }
  for (const { name, route } of listRoutes()) add(name, toMethod(route, SHAPES[name], send))
  for (const alias of Object.keys(ROUTE_ALIASES) as (keyof Aliases)[]) {
    const name = ROUTE_ALIASES[alias]
    add(alias, toMethod(routeOf(name), ALIAS_SHAPES[alias] ?? SHAPES[name], send))
  }
  add('actions.beginLiveSession', beginLiveSession as Method)
  // The compiler cannot follow the loops; the test that calls every route of the table does.
  return { ...resources, rules: resources['constraints'] } as unknown as ClientResources
}

function routeOf(name: RouteName): Route {
  const [resource = '', method = ''] = name.split('.')
  const routes: Readonly<Record<string, Readonly<Record<string, Route>>>> = ROUTES
  // A name of the table's own.
  return routes[resource]?.[method] as Route
}

/** Path parameters first, then the body or the query where the route has one, then options (`RouteArguments`). */
function toMethod(route: Route, shape: Shape | undefined, send: (call: RouteCall) => Promise<unknown>): Method {
  const count = pathParameters(route.path).length
  const hasInput = route.body !== undefined || route.query !== undefined
  return async (...args) => {
    const input = hasInput ? args[count] : undefined
    return send({
      route,
      parameters: args.slice(0, count),
      input: shape ? shape(input) : input,
      options: args[count + (hasInput ? 1 : 0)] ?? {},
    })
  }
}
