import { isSecretName, maskText } from '../../protocol/index.ts'

/** What a view keeps at most, so that one call cannot fill a log. */
export const VIEW_LIMITS = { depth: 8, entries: 64, textLength: 2000, totalLength: 32_000 } as const

interface Budget {
  left: number
}

/**
 * A JSON-safe copy of a tool's arguments: secrets masked, long texts cut (with their length named), deep and wide data cut,
 * BigInt and dates as text, references to themselves named. Never throws and never touches the original.
 */
export function viewOf(value: unknown, options: { redaction: boolean }): Record<string, unknown> {
  const view = copy(value, '', options.redaction, [], { left: VIEW_LIMITS.totalLength })
  return typeof view === 'object' && view !== null && !Array.isArray(view)
    ? (view as Record<string, unknown>)
    : { input: view }
}

function copy(value: unknown, name: string, redact: boolean, parents: unknown[], budget: Budget): unknown {
  switch (typeof value) {
    case 'string':
      return copyText(value, name, redact, budget)
    case 'number':
      budget.left -= 8
      if (redact && isSecretName(name)) return '[masked]'
      return Number.isFinite(value) ? value : String(value)
    case 'boolean':
      return value
    case 'bigint':
      return copyText(value.toString(), name, redact, budget)
    case 'object':
      return value === null ? null : copyObject(value, redact, parents, budget)
    default:
      return value === undefined ? undefined : `[${typeof value}]`
  }
}

function copyText(text: string, name: string, redact: boolean, budget: Budget): string {
  if (redact && name !== '' && isSecretName(name)) return '[masked]'
  const room = Math.max(0, Math.min(VIEW_LIMITS.textLength, budget.left))
  const head = text.length <= room ? text : text.slice(0, room)
  budget.left -= head.length
  const masked = redact ? maskText(head) : head
  return text.length <= room ? masked : `${masked}… [${text.length} characters]`
}

function copyObject(value: object, redact: boolean, parents: unknown[], budget: Budget): unknown {
  if (parents.includes(value)) return '[refers to itself]'
  if (parents.length >= VIEW_LIMITS.depth) return '[deeper]'
  if (value instanceof Date) return Number.isNaN(value.getTime()) ? '[invalid date]' : value.toISOString()
  if (ArrayBuffer.isView(value)) return `[${value.byteLength} bytes]`
  parents.push(value)
  try {
    if (Array.isArray(value)) return copyList(value, redact, parents, budget)
    if (value instanceof Set) return copyList([...value], redact, parents, budget)
    const entries =
      value instanceof Map ? [...value].map(([key, each]) => [String(key), each] as const) : ownEntries(value)
    return copyEntries(entries, redact, parents, budget)
  } finally {
    parents.pop()
  }
}

function ownEntries(value: object): (readonly [string, unknown])[] {
  return Object.keys(value).map((key) => {
    try {
      return [key, (value as Record<string, unknown>)[key]] as const
    } catch {
      // A getter that throws hides its value from the evaluator; the digest fails on it and the call is refused there.
      return [key, '[unreadable]'] as const
    }
  })
}

function copyList(list: readonly unknown[], redact: boolean, parents: unknown[], budget: Budget): unknown[] {
  const kept = list.slice(0, VIEW_LIMITS.entries).map((each) => copy(each, '', redact, parents, budget) ?? null)
  if (list.length > kept.length) kept.push(`… [${list.length} entries]`)
  return kept
}

function copyEntries(
  entries: readonly (readonly [string, unknown])[],
  redact: boolean,
  parents: unknown[],
  budget: Budget,
): Record<string, unknown> {
  const kept: [string, unknown][] = []
  for (const [key, each] of entries) {
    if (kept.length >= VIEW_LIMITS.entries || budget.left <= 0) {
      kept.push(['…', `[${entries.length} entries]`])
      break
    }
    const short = key.length <= 200 ? key : `${key.slice(0, 200)}…`
    budget.left -= short.length
    const copied = copy(each, key, redact, parents, budget)
    if (copied !== undefined) kept.push([short, copied])
  }
  // fromEntries defines own properties, so a key named __proto__ stays data.
  return Object.fromEntries(kept)
}
