import type { Observation } from '@bighub/core/protocol'
import type { RunWords } from '../features/action-facts.ts'
import { wordHashes, wordsOf } from '../features/words-of.ts'
import { fromBase64, toBase64 } from '../math/base64.ts'
import { fnv, hashShort, hashText } from '../math/hash.ts'

/** Most words read of an output, in its first characters, and most remembered of all outputs of a run. */
const OUTPUT_LENGTH = 1500
const OUTPUT_WORDS = 120
const REMEMBERED_WORDS = 160
/** Most words read of what the user said, and most distinct ones remembered. */
const USER_WORDS = 160
const DISTINCT_USER_WORDS = 100
/** What the user's text is known by is how it begins. */
const USER_HEAD = 400

/** What the user said, as far as it was read: hashes and counts. */
export interface UserWords {
  /** Distinct words, base64 of 32-bit hashes. */
  readonly words: string
  /** Words and characters read so far. */
  readonly count: number
  readonly length: number
  /** FNV state over how it begins. */
  readonly head: number
}

/** The words of one run. */
export interface RunWordsState extends RunWords {
  readonly said: UserWords | null
}

const EMPTY = new Uint32Array(0)

export const NO_WORDS: RunWordsState = {
  outputs: 0,
  strongOutputs: 0,
  lastOutput: EMPTY,
  allOutputs: EMPTY,
  user: EMPTY,
  userText: 0,
  actionBag: 0,
  lastMutating: null,
  said: null,
}

/** Hashes of an output's words, as they are recorded. */
export function outputWords(observation: Observation): string {
  return toBase64(Uint32Array.from(wordHashes((observation.text ?? '').slice(0, OUTPUT_LENGTH), OUTPUT_WORDS)))
}

/** What the user has said by now. */
export function hearUser(text: string, before: UserWords | null): UserWords {
  const { words, count, length, head } = before ?? { words: '', count: 0, length: 0, head: fnv('U') }
  const heard = wordsOf(text, USER_WORDS - count)
  const distinct = new Set(new Uint32Array(fromBase64(words)))
  for (const word of heard) distinct.add(hashShort(word))
  const begins = text.slice(0, USER_HEAD - length)
  return {
    words: toBase64(Uint32Array.from([...distinct].slice(0, DISTINCT_USER_WORDS))),
    count: count + heard.length,
    length: length + begins.length,
    head: fnv(begins, head),
  }
}

/** What was heard in a run since its last action. */
export interface HeardWords {
  /** Outputs with a strong marker. */
  readonly strong: number
  /** Hashes of each output's words, base64. */
  readonly output_words: readonly string[]
  /** What the user has said by now; null if nothing since. */
  readonly user: UserWords | null
}

/** What a run's words are once these were heard. */
export function withObserved(run: RunWordsState, heard: HeardWords): RunWordsState {
  // Asked for with the evaluation, and again when it is folded.
  if (newest?.run === run && newest.heard === heard) return newest.result
  const result = join(run, heard)
  newest = { run, heard, result }
  return result
}

let newest: { run: RunWordsState; heard: HeardWords; result: RunWordsState } | undefined

function join(run: RunWordsState, { strong, output_words: outputs, user }: HeardWords): RunWordsState {
  let { lastOutput, allOutputs } = run
  for (const words of outputs) {
    lastOutput = new Uint32Array(fromBase64(words))
    allOutputs = joinWords(allOutputs, lastOutput)
  }
  const said = user ?? run.said
  return {
    ...run,
    outputs: run.outputs + outputs.length,
    strongOutputs: run.strongOutputs + strong,
    lastOutput,
    allOutputs,
    user: user ? new Uint32Array(fromBase64(user.words)) : run.user,
    userText: said ? hashText('', said.head) : 0,
    said,
  }
}

/** What a run's words are after one more action. */
export function withAction(run: RunWordsState, action: string, mutating: boolean | null): RunWordsState {
  return { ...run, actionBag: (run.actionBag + hashShort(action)) >>> 0, lastMutating: mutating }
}

/** Both lists without repetition, those of the second that are new last; the first ones go when there are too many. */
function joinWords(all: Uint32Array, newest: Uint32Array): Uint32Array {
  seen.clear()
  const joined: number[] = []
  for (const word of all) {
    seen.add(word)
    joined.push(word)
  }
  for (const word of newest) if (!seen.has(word)) joined.push(word)
  return Uint32Array.from(joined.length > REMEMBERED_WORDS ? joined.slice(-REMEMBERED_WORDS) : joined)
}

/** Working memory of {@link joinWords}. */
const seen = new Set<number>()
