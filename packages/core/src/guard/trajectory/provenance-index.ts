import type { ProvenanceLabel } from '../../protocol/index.ts'

const FROM_USER = 1
const FROM_TOOL = 2
/** Longest run of tokens that is indexed; a longer value is found by all its windows of this length. */
const WINDOW = 4
/** Bound of the index: about 1 MB a run. The oldest entries go first. */
const CAPACITY = 30_000
/** Longest text of one observation that is read. */
const MAX_TEXT = 64_000

/**
 * Where in a run an argument's value was seen before: hashed runs of one to four tokens (words, numbers, addresses, parts of
 * URLs) of what the user said and of what tools returned. Case, punctuation and thousands separators do not matter.
 */
export class ProvenanceIndex {
  readonly #seen = new Map<number, number>()

  addUserText(text: string): void {
    this.#add(text, FROM_USER)
  }

  addToolOutput(text: string): void {
    this.#add(text, FROM_TOOL)
  }

  /** A label for each argument by path; list entries share their list's path and are `mixed` where they differ. */
  labelArguments(args: unknown): Record<string, ProvenanceLabel> {
    const labels: Record<string, ProvenanceLabel> = {}
    for (const [path, value] of leaves(args)) {
      const label = this.#label(value)
      if (label === undefined) continue
      const before = Object.hasOwn(labels, path) ? labels[path] : undefined
      Object.defineProperty(labels, path, {
        value: before === undefined || before === label ? label : 'mixed',
        enumerable: true,
        configurable: true,
        writable: true,
      })
    }
    return labels
  }

  #label(value: string): ProvenanceLabel | undefined {
    const tokens = tokenise(value.slice(0, 2000))
    if (tokens.length === 0 || value.length < 2) return undefined
    let sources = FROM_USER | FROM_TOOL
    const width = Math.min(WINDOW, tokens.length)
    for (let start = 0; start + width <= tokens.length && sources !== 0; start++)
      sources &= this.#seen.get(hashWindow(tokens, start, width)) ?? 0
    if (sources === 0) return 'none'
    if (sources === FROM_USER) return 'user'
    return sources === FROM_TOOL ? 'tool' : 'both'
  }

  #add(text: string, source: number): void {
    const tokens = tokenise(text.slice(0, MAX_TEXT))
    for (let start = 0; start < tokens.length; start++)
      for (let width = 1; width <= WINDOW && start + width <= tokens.length; width++) {
        const key = hashWindow(tokens, start, width)
        this.#seen.set(key, (this.#seen.get(key) ?? 0) | source)
      }
    if (this.#seen.size > CAPACITY) this.#shrink()
  }

  #shrink(): void {
    let surplus = this.#seen.size - CAPACITY
    for (const key of this.#seen.keys()) {
      if (surplus-- <= 0) break
      this.#seen.delete(key)
    }
  }
}

function tokenise(text: string): number[] {
  // A comma between three-digit groups belongs to one number; every other sign separates.
  const normal = text.toLowerCase().replaceAll(/(\d),(?=\d{3}(?!\d))/g, '$1')
  const tokens: number[] = []
  for (const match of normal.matchAll(/\d+(?:\.\d+)?|[\p{L}\p{N}]+/gu))
    tokens.push(hashToken(normaliseNumber(match[0])))
  return tokens
}

/** `19.90` and `19.9` are one number. */
function normaliseNumber(token: string): string {
  return /^\d+\.\d+$/.test(token) ? String(Number(token)) : token
}

/** FNV-1a, 32 bits. */
function hashToken(token: string): number {
  let hash = 0x811c9dc5
  for (let index = 0; index < token.length; index++) hash = Math.imul(hash ^ token.charCodeAt(index), 0x01000193)
  return hash >>> 0
}

function hashWindow(tokens: readonly number[], start: number, width: number): number {
  let hash = 0x9e3779b1 ^ width
  for (let index = start; index < start + width; index++) {
    hash = Math.imul(hash ^ (tokens[index] ?? 0), 0x85ebca77)
    hash ^= hash >>> 15
  }
  return hash >>> 0
}

/** Text and numbers of the arguments with their paths, at most 64, at most 6 levels deep. */
function leaves(args: unknown): [string, string][] {
  const found: [string, string][] = []
  const visit = (value: unknown, path: string, depth: number): void => {
    if (found.length >= 64 || depth > 6) return
    if (typeof value === 'string' || typeof value === 'number' || typeof value === 'bigint')
      found.push([path, String(value)])
    else if (Array.isArray(value)) for (const each of value.slice(0, 32)) visit(each, path, depth + 1)
    else if (typeof value === 'object' && value !== null)
      for (const key of Object.keys(value).slice(0, 64))
        visit(readOwn(value, key), path === '' ? key : `${path}.${key}`, depth + 1)
  }
  visit(args, '', 0)
  return found
}

function readOwn(value: object, key: string): unknown {
  try {
    return (value as Record<string, unknown>)[key]
  } catch {
    return undefined
  }
}
