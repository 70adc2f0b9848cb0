import { hashText, mix } from '../math/hash.ts'
import type { ActionFacts, RunFacts } from './action-facts.ts'
import { type ArgumentSummary, addArgumentTokens } from './argument-tokens.ts'
import { type CallView, viewOf } from './call-view.ts'
import { counterContexts } from './counter-contexts.ts'
import { addContextTokens, addValueTokens, type CallNumbers } from './field-tokens.ts'
import { generalFeatures } from './general-features.ts'
import { halfOctave } from './half-octave.ts'
import { addIdentityTokens } from './identity-tokens.ts'
import type { NumberBook } from './number-book.ts'
import { pairFields } from './pair-fields.ts'
import { addProvenanceTokens, type ProvenanceSummary } from './provenance-tokens.ts'
import { addSequenceTokens, addTaintTokens, type TaintSummary } from './sequence-tokens.ts'
import { TokenList } from './token-list.ts'
import { TOKEN } from './token-names.ts'

/**
 * A proposed action as numbers: what a model of risk reads of it, and all that it needs to learn from its outcome later. Hashes
 * and numbers, no words.
 */
export interface CallFeatures {
  readonly action: number
  readonly actor: number
  /** Hash of the run; 0 for an action that stands alone. */
  readonly run: number
  readonly isMutating: boolean
  /** One hash a group of {@link COUNTER_CONTEXTS}. */
  readonly contexts: Uint32Array
  /** One coarse hash a field: value, then context. */
  readonly fields: Uint32Array
  /** What pairs are made of. */
  readonly pairs: Uint32Array
  /** Base tokens with their weights; those marked count again combined with the action. */
  readonly tokens: Uint32Array
  readonly weights: Float32Array
  readonly crossed: Uint8Array
  readonly words: CallWords
  readonly numbers: NumericFields
  /** Step, errors, taint, instruction level, mutating, z-score of the value: inputs of the trees beside the experts. */
  readonly situation: Float64Array
  /** One number a feature of {@link GENERAL_FEATURES}: what can be said of any call. */
  readonly general: Float32Array
}

/** Hashed words by where they stand. */
export interface CallWords {
  readonly arguments: Uint32Array
  readonly lastOutput: Uint32Array
  readonly allOutputs: Uint32Array
  readonly user: Uint32Array
  /** Hash of the user's text as a whole; 0 without one. */
  readonly userText: number
}

/** Numeric fields in the order value, context, arguments. */
export interface NumericFields {
  readonly value: number | null
  /** How many of the others are context fields. */
  readonly contextCount: number
  readonly fields: Uint32Array
  readonly values: Float64Array
}

/** What only a prediction needs, not the learning from its outcome. */
export interface CallSituation {
  readonly view: CallView
  readonly provenance: ProvenanceSummary
  readonly taint: TaintSummary
  readonly argumentCount: number
  readonly argumentLength: number
  readonly valueScore: number
  readonly run: RunFacts
  /** Group of each base token. */
  readonly tokenGroups: Uint8Array
}

export interface Extracted {
  readonly features: CallFeatures
  readonly situation: CallSituation
}

export interface ExtractOptions {
  /** Fields are read in the order in which they were given, not by name: two orders are then two calls. @defaultValue false */
  readonly keepsFieldOrder?: boolean
  /** Short arguments count as fields too, as context does: paired with each other and with who acts. @defaultValue true */
  readonly hasArgumentFields?: boolean
}

const tokens = new TokenList()

/**
 * Stage 5: features of an action (risk-model.md §3). Reads the running statistics of numeric fields and stores nothing.
 */
export function callFeatures(facts: ActionFacts, book: NumberBook, options: ExtractOptions = {}): Extracted {
  const inOrder = (fields: Readonly<Record<string, unknown>>): readonly string[] =>
    options.keepsFieldOrder ? Object.keys(fields) : Object.keys(fields).toSorted()
  const view = viewOf(facts)
  const fields: number[] = []
  const numbers: CallNumbers = { fields: [], values: [] }
  tokens.clear()
  addIdentityTokens(view, tokens)
  const value = addValueTokens(facts.value, view, book, tokens, fields)
  addContextTokens(facts.context, inOrder(facts.context), book, tokens, fields, numbers)
  const contextCount = numbers.fields.length
  const provenance = addProvenanceTokens(facts.provenance, view, tokens)
  const { texts } = facts.run
  const found = addArgumentTokens(facts.arguments, inOrder(facts.arguments), {
    call: view,
    texts,
    book,
    tokens,
    numbers,
    fields: options.hasArgumentFields === false ? null : fields,
  })
  addArgumentSizeTokens(found, tokens)
  const taint = addTaintTokens(facts.run, view, found, provenance, tokens)
  addSequenceTokens(facts.run, view, tokens)
  const { words } = facts.run
  const features: CallFeatures = {
    action: view.action,
    actor: view.actor,
    run: facts.run.id === null ? 0 : hashText(facts.run.id),
    isMutating: view.isMutating,
    contexts: counterContexts({ view, value, provenance, taint, found, words }),
    fields: Uint32Array.from(fields),
    pairs: pairFields(fields, view, provenance, taint),
    tokens: tokens.hashes.slice(0, tokens.length),
    weights: tokens.weights.slice(0, tokens.length),
    crossed: tokens.crossed.slice(0, tokens.length),
    words: {
      arguments: Uint32Array.from(found.words),
      lastOutput: words.lastOutput,
      allOutputs: words.allOutputs,
      user: words.user,
      userText: words.userText,
    },
    numbers: {
      value: facts.value,
      contextCount,
      fields: Uint32Array.from(numbers.fields),
      values: Float64Array.from(numbers.values),
    },
    situation: Float64Array.of(
      view.step,
      view.errors,
      taint.level,
      taint.instructions,
      view.isMutating ? 1 : 0,
      value.valueScore,
    ),
    general: generalFeatures(facts, { view, provenance, taint, found, valueScore: value.valueScore }),
  }
  return {
    features,
    situation: {
      view,
      provenance,
      taint,
      argumentCount: found.count,
      argumentLength: found.length,
      valueScore: value.valueScore,
      run: facts.run,
      tokenGroups: tokens.groups.slice(0, tokens.length),
    },
  }
}

function addArgumentSizeTokens(found: ArgumentSummary, list: TokenList): void {
  list.begin('arguments')
  list.add(mix(TOKEN.argumentCount, found.count))
  list.add(mix(TOKEN.totalLength, halfOctave(found.length)), 0.7)
}
