import type { CallFeatures } from '../features/call-features.ts'
import { COUNTER_CONTEXTS } from '../features/counter-contexts.ts'
import { GENERAL_FEATURES } from '../features/general-features.ts'
import { fromBase64, toBase64 } from '../math/base64.ts'
import { INPUT_COUNT, INPUT_NAMES } from './mixture-inputs.ts'
import { SKETCH_WORDS } from './precedent-expert.ts'
import type { RecordedPrediction } from './risk-model.ts'

/** Form of the record; grows when it changes. Records of another form teach nothing. */
const FORM = 'mixing-2'
/** Most fields that pairs begin with. */
const PAIRED_FIELDS = 24
const CONTEXTS = COUNTER_CONTEXTS.length
const SITUATION = 6

/** What a prediction leaves for the learning from its outcome. */
export interface PredictionRecord {
  readonly features: CallFeatures
  readonly sketch: Uint32Array
  /** Inputs of the mixture as they stood. */
  readonly inputs: Float64Array
  /** What the trees said. */
  readonly correction: number
  readonly probability: number
  /** √(V + 1/(n + 1)): what its interval rests on. */
  readonly deviation: number
  /** What the prior said; 0 where it takes no part. */
  readonly prior: number
}

/** How a weight is written: most are one of two. */
const WEIGHT_ONE = 0
const WEIGHT_LESS = 2
const WEIGHT_OWN = 4
const LESS = Math.fround(0.7)

/**
 * A record as four texts of base64: 32-bit hashes (`u`), numbers (`d`), general features and weights (`w`), and a byte a token (`b`).
 * About 1 to 3 KB, hashes and numbers only.
 */
export function writeRecord(record: PredictionRecord): RecordedPrediction {
  const { features, sketch, inputs } = record
  const { words, numbers, tokens, weights, crossed, fields, pairs } = features
  const pairTail = pairs.subarray(Math.min(fields.length, PAIRED_FIELDS))
  const codes = new Uint8Array(tokens.length)
  const own: number[] = []
  for (let index = 0; index < tokens.length; index++) {
    const weight = weights[index] ?? 0
    const code = weight === 1 ? WEIGHT_ONE : weight === LESS ? WEIGHT_LESS : WEIGHT_OWN
    if (code === WEIGHT_OWN) own.push(weight)
    codes[index] = code | (crossed[index] ?? 0)
  }
  const parts = [
    fields,
    pairTail,
    numbers.fields,
    words.arguments,
    words.lastOutput,
    words.allOutputs,
    words.user,
    tokens,
  ]
  const head = [
    features.action,
    features.actor,
    features.run,
    features.isMutating ? 1 : 0,
    words.userText,
    numbers.contextCount,
    ...parts.map((part) => part.length),
  ]
  const hashes = join(Uint32Array, [Uint32Array.from(head), features.contexts, sketch, ...parts])
  const head2 = [record.correction, record.probability, record.deviation, record.prior, numbers.value ?? Number.NaN]
  const doubles = join(Float64Array, [Float64Array.from(head2), inputs, features.situation, numbers.values])
  return {
    f: FORM,
    u: toBase64(hashes),
    d: toBase64(doubles),
    w: toBase64(join(Float32Array, [features.general, Float32Array.from(own)])),
    b: toBase64(codes),
  }
}

/** Null for what another model, or another form, has left. */
export function readRecord(recorded: RecordedPrediction): PredictionRecord | null {
  const { f, u, d, w, b } = recorded
  if (f !== FORM || typeof u !== 'string' || typeof d !== 'string' || typeof w !== 'string' || typeof b !== 'string')
    return null
  const takeHash = reader(new Uint32Array(fromBase64(u)))
  const takeDouble = reader(new Float64Array(fromBase64(d)))
  const singles = new Float32Array(fromBase64(w))
  const [action = 0, actor = 0, run = 0, mutating = 0, userText = 0, contextCount = 0] = takeHash(6)
  const [nFields = 0, nPairs = 0, nNumbers = 0, nArguments = 0, nLast = 0, nAll = 0, nUser = 0, nTokens = 0] =
    takeHash(8)
  const [correction = 0, probability = 0.5, deviation = 0, prior = 0, value = Number.NaN] = takeDouble(5)
  const contexts = takeHash(CONTEXTS)
  const sketch = takeHash(SKETCH_WORDS)
  const fields = takeHash(nFields)
  const pairs = join(Uint32Array, [fields.subarray(0, PAIRED_FIELDS), takeHash(nPairs)])
  const numberFields = takeHash(nNumbers)
  const words = {
    arguments: takeHash(nArguments),
    lastOutput: takeHash(nLast),
    allOutputs: takeHash(nAll),
    user: takeHash(nUser),
    userText,
  }
  const inputs = takeDouble(INPUT_COUNT)
  const situation = takeDouble(SITUATION)
  return {
    features: {
      action,
      actor,
      run,
      isMutating: mutating === 1,
      contexts,
      fields,
      pairs,
      tokens: takeHash(nTokens),
      ...readTokenCodes(new Uint8Array(fromBase64(b)), singles.subarray(GENERAL_FEATURES.length)),
      words,
      numbers: {
        value: Number.isNaN(value) ? null : value,
        contextCount,
        fields: numberFields,
        values: takeDouble(nNumbers),
      },
      situation,
      general: singles.subarray(0, GENERAL_FEATURES.length),
    },
    sketch,
    inputs,
    correction,
    probability,
    deviation,
    prior,
  }
}

/** What a model took in for a prediction, by name; null where another one made it. */
export function describeRecord(recorded: RecordedPrediction): {
  readonly contexts: ReadonlyMap<string, number>
  readonly logOdds: ReadonlyMap<string, number>
} | null {
  const record = readRecord(recorded)
  return (
    record && {
      contexts: new Map(COUNTER_CONTEXTS.map(({ name }, index) => [name, record.features.contexts[index] ?? 0])),
      logOdds: new Map(INPUT_NAMES.map((name, index) => [name, record.inputs[index] ?? 0])),
    }
  )
}

function readTokenCodes(codes: Uint8Array, own: Float32Array): { weights: Float32Array; crossed: Uint8Array } {
  const weights = new Float32Array(codes.length)
  const crossed = new Uint8Array(codes.length)
  let next = 0
  for (let index = 0; index < codes.length; index++) {
    const code = codes[index] ?? 0
    crossed[index] = code & 1
    const kind = code & ~1
    weights[index] = kind === WEIGHT_ONE ? 1 : kind === WEIGHT_LESS ? LESS : (own[next++] ?? 0)
  }
  return { weights, crossed }
}

/** Reads a typed array piece by piece. */
function reader<T extends Uint32Array | Float64Array>(array: T): (count: number) => T {
  let at = 0
  return (count) => {
    // A view of the same kind.
    const piece = array.subarray(at, at + count) as T
    at += count
    return piece
  }
}

function join<T extends Uint32Array | Float64Array | Float32Array>(
  of: new (length: number) => T,
  parts: readonly T[],
): T {
  const joined = new of(parts.reduce((length, part) => length + part.length, 0))
  let at = 0
  for (const part of parts) {
    joined.set(part, at)
    at += part.length
  }
  return joined
}
