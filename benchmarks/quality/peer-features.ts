import { cross, hash } from './hash.ts'
import type { StreamLine } from './peer.ts'

/** What the peers look at: the fields of the call and of its run so far. The user's text is not among them. */
export interface PeerFeatures {
  /** One hash a field and value, a word of an argument, and a constant. */
  readonly tokens: readonly number[]
  /** All pairs of the coarse fields. */
  readonly pairs: readonly number[]
  /** Words of the run's last tool output, alone and with the action. */
  readonly text: readonly number[]
  /** Coarse fields by name, for trees. */
  readonly categories: readonly (readonly [name: string, value: string])[]
  readonly numbers: readonly (readonly [name: string, value: number])[]
}

/** Context fields that are paired with each other. */
const MAX_PAIRED = 24
const MAX_CONTEXT = 40
const MAX_ARGUMENTS = 14
const MAX_ARGUMENT_WORDS = 40
const MAX_OUTPUT_WORDS = 120
const WORD = /[a-z][a-z_]{2,}|\d+/g
const CONSTANT = hash('constant')

interface Run {
  previous: string
  errors: number
  output: string
}

/** Reads features of lines in their order; each run's outputs and errors count from the next line on. */
export class FeatureReader {
  readonly #runs = new Map<string, Run>()

  read(line: StreamLine): PeerFeatures {
    const run = this.#runOf(line)
    const { categories, numbers } = fieldsOf(line, run)
    const coarse = categories.map(([name, value]) => hash(`${name}=${value}`))
    const tokens = [CONSTANT, ...coarse, ...argumentTokens(line)]
    const action = hash(line.action)
    for (const [name, value] of numbers)
      if (Number.isInteger(value) && Math.abs(value) <= 12) tokens.push(hash(`${name}:exactly=${value}`))
    const text = words(run?.output ?? '', MAX_OUTPUT_WORDS).flatMap((word) => {
      const token = hash(`output:${word}`)
      return [token, cross(action, token)]
    })
    return { tokens, pairs: pairsOf(coarse), text, categories, numbers }
  }

  /** The call of this line is over. */
  observe(line: StreamLine): void {
    if (line.trajectory_id == null) return
    const errors = (this.#runOf(line)?.errors ?? 0) + Number(line.tool_error ?? false)
    this.#runs.set(String(line.trajectory_id), { previous: line.action, errors, output: line.observation ?? '' })
  }

  #runOf({ trajectory_id: id }: StreamLine): Run | undefined {
    return id == null ? undefined : this.#runs.get(String(id))
  }
}

function fieldsOf(line: StreamLine, run: Run | undefined): Pick<PeerFeatures, 'categories' | 'numbers'> {
  const categories: [string, string][] = [
    ['action', line.action],
    ['actor', line.actor ?? ''],
    ['target', line.target == null ? '' : String(line.target)],
    ['domain', line.domain ?? ''],
    ['mutating', String(line.mutating ?? '')],
    ['provenance', provenanceOf(line)],
    ['previous', run?.previous ?? ''],
    ['errors', String(Math.min(3, run?.errors ?? 0))],
    ['step', String(Math.min(12, line.step ?? 0))],
  ]
  const numbers: [string, number][] = [['step', line.step ?? 0]]
  const addNumber = (name: string, value: number): void => {
    numbers.push([name, value])
    categories.push([name, bucketOf(value)])
  }
  if (line.value != null) addNumber('value', line.value)
  for (const [name, value] of Object.entries(line.context ?? {}).slice(0, MAX_CONTEXT))
    if (typeof value === 'number') addNumber(`context.${name}`, value)
    else if (value != null) categories.push([`context.${name}`, JSON.stringify(value)])
  return { categories, numbers }
}

/** Which argument came from where, as one value. */
function provenanceOf({ provenance }: StreamLine): string {
  return Object.entries(provenance ?? {})
    .map(([argument, source]) => `${argument}:${source}`)
    .toSorted()
    .join(' ')
}

/** Half-octave of 1 + |value|, with its sign. */
function bucketOf(value: number): string {
  return `${value < 0 ? '-' : ''}${Math.floor(2 * Math.log2(1 + Math.abs(value)))}`
}

function argumentTokens({ arguments: values, provenance }: StreamLine): number[] {
  const tokens: number[] = []
  for (const [name, value] of Object.entries(values ?? {}).slice(0, MAX_ARGUMENTS)) {
    const text = typeof value === 'string' ? value : JSON.stringify(value)
    if (text.length <= 40) tokens.push(hash(`argument ${name}=${text}`))
    tokens.push(hash(`argument ${name} from ${provenance?.[name] ?? ''}`))
    for (const word of words(text, MAX_ARGUMENT_WORDS)) tokens.push(hash(`argument word ${word}`))
  }
  return tokens
}

function words(text: string, most: number): string[] {
  return [...new Set(text.toLowerCase().match(WORD))].slice(0, most)
}

function pairsOf(coarse: readonly number[]): number[] {
  const paired = coarse.slice(0, MAX_PAIRED)
  const pairs: number[] = []
  for (const [index, a] of paired.entries()) for (const b of paired.slice(index + 1)) pairs.push(cross(a, b))
  return pairs
}
