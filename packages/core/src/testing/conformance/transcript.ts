import {
  BighubError,
  canonicalJson,
  type DecisionApi,
  ROUTES,
  type Route,
  type RouteName,
} from '../../protocol/index.ts'

/** One call of a method and what came of it. */
export interface TranscriptEntry {
  readonly method: RouteName
  readonly args: readonly unknown[]
  /** Absent where it failed. */
  readonly answer?: unknown
  /** Code of the error and the field that it names; absent where there was none. */
  readonly error?: { readonly code: string; readonly field?: string }
}

/**
 * The same methods, each of whose calls is written down. An answer that does not fit the route table is an error at once: no
 * caller could rely on it.
 */
export function recordCalls(api: DecisionApi): { readonly api: DecisionApi; readonly entries: TranscriptEntry[] } {
  const entries: TranscriptEntry[] = []
  const resources = Object.entries(ROUTES).map(([resource, routes]) => {
    const methods = Object.entries(routes).map(([method, route]) => {
      const name = `${resource}.${method}` as RouteName
      const call = async (...args: readonly unknown[]): Promise<unknown> => {
        const target = api[resource as keyof DecisionApi] as unknown as Record<
          string,
          (...a: readonly unknown[]) => unknown
        >
        const implementation = target?.[method]
        if (typeof implementation !== 'function') throw new Error(`${name} is not implemented`)
        const written = args.filter((each) => each !== undefined)
        try {
          const answer = await implementation.apply(target, [...args])
          assertFits(name, route as Route, answer)
          entries.push({ method: name, args: written, answer })
          return answer
        } catch (error) {
          if (BighubError.isInstance(error)) entries.push({ method: name, args: written, error: describe(error) })
          throw error
        }
      }
      return [method, call] as const
    })
    return [resource, Object.fromEntries(methods)] as const
  })
  // Built from the same table as the type, method by method.
  return { api: Object.fromEntries(resources) as unknown as DecisionApi, entries }
}

function assertFits(name: RouteName, route: Route, answer: unknown): void {
  const parsed = route.response.safeParse(answer)
  if (parsed.success) return
  const issue = parsed.error.issues[0]
  throw new Error(
    `the answer of ${name} does not fit the route table; ${issue?.path.map(String).join('.')}: ${issue?.message} in ${JSON.stringify(answer)?.slice(0, 2000)}`,
  )
}

function describe(error: BighubError): { code: string; field?: string } {
  const field = 'field' in error && typeof error.field === 'string' ? error.field : undefined
  return field ? { code: error.code, field } : { code: error.code }
}

/** Ids as this product makes them, and everything else that may differ from one set-up to the next. */
const ID = /\b(?:act|case|val|eff|snap|out|rule|ksw|live|evt|lc|mem|job|fsnap|wh|key|adv|pat|rec|org)_[0-9a-z_-]{3,}/gi
const TIME = /\d{4}-\d\d-\d\dT\d\d:\d\d:\d\d(?:\.\d+)?Z/g
const HASH = /\b[0-9a-f]{64}\b/g
const SECRET = /\b(?:bhk|whsec)_[\w-]{16,}|\beyJ[\w-]+\.[\w-]+\.[\w-]+/g
/** Fields whose value depends on the machine, the moment or chance alone. */
const VOLATILE: ReadonlySet<string> = new Set([
  'org_id',
  'user_id',
  'delivery_id',
  'refresh_token',
  'access_token',
  'key',
  'key_prefix',
  'secret',
  'state',
  'seq',
  'next_cursor',
])

/** A transcript with ids numbered as they come, times and hashes named, so that two set-ups can be compared. */
export function normaliseTranscript(entries: readonly TranscriptEntry[]): TranscriptEntry[] {
  const known = new Map<string, string>()
  const name = (id: string): string => {
    const before = known.get(id)
    if (before) return before
    // What follows the prefix is shared by the ids of one decision, and stays shared.
    const [prefix, rest] = [id.slice(0, id.indexOf('_')), id.slice(id.indexOf('_') + 1)]
    let number = known.get(`#${rest}`)
    if (!number) {
      number = String([...known.keys()].filter((key) => key.startsWith('#')).length + 1)
      known.set(`#${rest}`, number)
    }
    const named = `${prefix}_<${number}>`
    known.set(id, named)
    return named
  }
  const text = (value: string): string =>
    value.replaceAll(SECRET, '<secret>').replaceAll(HASH, '<hash>').replaceAll(TIME, '<time>').replaceAll(ID, name)
  const visit = (value: unknown): unknown => {
    if (typeof value === 'string') return text(value)
    if (Array.isArray(value)) return value.map(visit)
    if (typeof value !== 'object' || value === null) return value
    return Object.fromEntries(
      Object.entries(value)
        .filter(([, each]) => each !== undefined)
        .map(([key, each]) => [text(key), VOLATILE.has(key) && !isEffectState(key, each) ? '<volatile>' : visit(each)]),
    )
  }
  // The canonical form is what travels: no undefined, keys in one order.
  return entries.map((entry) => JSON.parse(canonicalJson(visit(entry))) as TranscriptEntry)
}

/** `state` is a whole engine's state in a snapshot, and a short word of an effect. */
function isEffectState(key: string, value: unknown): boolean {
  return key === 'state' && typeof value === 'string' && value.length <= 20
}
