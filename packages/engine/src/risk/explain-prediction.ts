import type { Contribution } from '@bighub/core/protocol'
import type { Extracted } from '../features/call-features.ts'
import { COUNTER_CONTEXTS, type CounterContext } from '../features/counter-contexts.ts'
import type { ExpandedTokens } from '../features/expand-tokens.ts'
import { TOKEN_GROUPS, type TokenGroup } from '../features/token-list.ts'
import { sigmoid } from '../math/log-odds.ts'
import type { ContextCount } from './counter-expert.ts'
import { INPUT } from './mixture-inputs.ts'
import type { PredictionRecord } from './prediction-record.ts'

/** What the stages after the experts made of their inputs, in log-odds. */
export interface View {
  readonly mixed: number
  /** xᵀPx of the mixture. */
  readonly variance: number
  readonly score: number
  readonly moderated: number
  readonly calibrated: number
}

export interface ExplainInput {
  readonly extracted: Extracted
  readonly record: PredictionRecord
  readonly view: View & {
    /** Log-odds of the base rate. */
    readonly base: number
    /** What the prior adds to it for all other experts. */
    readonly prior: number
    readonly nearness: number
  }
  readonly tokens: ExpandedTokens
  /** Part of the word expert's score that one token has. */
  readonly partOf: (token: number) => number
  /** Weight of an input in the mixture. */
  readonly weightOf: (input: number) => number
  /** Trust in the mixture, and in the trees. */
  readonly trust: readonly [number, number]
  readonly counts: readonly ContextCount[]
}

/**
 * The parts of a prediction in log-odds, largest first (risk-model.md §8). Their sum is the log-odds of the estimate up to
 * clamping: base rate, each expert by what it weighs, trees, and what thin evidence and calibration change afterwards. Parts
 * that mean the same to a reader are summed. Says what was observed, never why.
 */
export function explainPrediction(input: ExplainInput): Contribution[] {
  const { record, view, weightOf, trust } = input
  const { inputs } = record
  const parts = new Parts()
  parts.add('base', `it starts from a rate of bad outcomes of ${percent(sigmoid(view.base))}`, view.base)
  parts.add('prior', PRIOR_TEXT, view.prior)
  // Where the mixture was clipped, its parts shrink with it.
  const raw = inputs.reduce((sum, value, index) => sum + value * weightOf(index), 0)
  const shrink = raw === 0 ? 1 : view.mixed / raw
  const weighed = (index: number): number => trust[0] * shrink * weightOf(index) * (inputs[index] ?? 0)
  addCounters(input, weighed, parts)
  addTokens(input, weighed(INPUT.words), parts)
  for (const [index, group, text] of EXPERTS) parts.add(group, text, weighed(index))
  parts.add(
    'precedents',
    `similar past cases, as much as ${view.nearness.toFixed(1)} like this one`,
    weighed(INPUT.precedents),
  )
  parts.add('interactions', 'combinations that single parts do not show', trust[1] * record.correction)
  parts.add(
    'thin_evidence',
    'little is known of such calls, which speaks against extremes',
    view.moderated - view.score,
  )
  parts.add('calibration', 'such estimates came out otherwise so far', view.calibrated - view.moderated)
  return parts.bySize()
}

const PRIOR_TEXT = 'what its name, annotations and the source of its arguments suggest'
const EXPERTS: readonly (readonly [input: number, group: string, text: string])[] = [
  [INPUT.pairs, 'fields', 'the combination of its context and arguments'],
  [INPUT.fields, 'fields', 'its context fields resemble earlier calls of this action that went this way'],
  [INPUT.prior, 'prior', PRIOR_TEXT],
  [INPUT.drift, 'base', 'the rate of bad outcomes has changed lately'],
  [INPUT.bias, 'base', 'what experts overlook in common'],
]

/** Group of what a reader would take for the same, and what is counted. */
const COUNTED: Readonly<Record<CounterContext, readonly [group: string, words: string]>> = {
  action: ['action', 'calls of this action'],
  actor: ['actor', 'calls by this actor'],
  domain: ['domain', 'calls of this action in this domain'],
  action_actor: ['action_actor', 'calls of this action by this actor'],
  action_target: ['action_target', 'calls of this action on this target'],
  target: ['target', 'calls on this target'],
  value: ['value', 'calls of this action with a value of this size'],
  provenance: ['provenance', 'calls of this action with arguments from these sources'],
  taint: ['taint', 'calls whose values come from such sources'],
  instructions: ['taint', 'calls of this action after as much instruction-like text'],
  previous_action: ['previous_action', 'calls of this action after this one before it'],
  previous_actions: ['previous_action', 'calls of this action after these two before it'],
  step: ['step', 'calls of this action at this point of a run'],
  errors: ['errors', 'calls of this action after as many errors'],
  actor_domain: ['actor', 'calls by this actor in this domain'],
  action_request: ['request', 'calls of this action for this request of the user'],
  arguments: ['arguments', 'calls of this action with just these arguments'],
  earlier_actions: ['previous_action', 'calls of this action after the same earlier actions'],
  actor_target: ['actor_target', 'calls of this action by this actor on this target'],
  request: ['request', 'calls for this request of the user'],
}

function addCounters({ counts }: ExplainInput, weighed: (index: number) => number, parts: Parts): void {
  for (const [index, { name }] of COUNTER_CONTEXTS.entries()) {
    const { count, bad, expected } = counts[index] ?? { count: 0, bad: 0, expected: 0 }
    if (count <= 0) continue
    const [group, words] = COUNTED[name]
    // Counts fade slowly, so they may be fractions: shown as whole numbers.
    const text = `${Math.round(bad)} of ${Math.max(1, Math.round(count))} earlier ${words} went wrong, where ${percent(expected)} was expected`
    parts.add(group, text, weighed(INPUT.counters + index), count)
  }
}

const TOKENS: Readonly<Record<TokenGroup | 'tool_outputs' | 'request', readonly [group: string, text: string]>> = {
  identity: ['action', 'calls with this name, actor and target, taken together'],
  value: ['value', 'the size of its value'],
  context: ['fields', 'its context fields'],
  provenance: ['provenance', 'where its arguments come from'],
  taint: ['taint', 'instruction-like text in what tools returned'],
  arguments: ['arguments', 'its arguments'],
  sequence: ['previous_action', 'where in its run it stands'],
  tool_outputs: ['tool_outputs', 'words of what tools returned'],
  request: ['request', 'words of what the user said'],
}

/** Splits what the word expert says by what its tokens are about. */
function addTokens({ extracted, tokens, partOf }: ExplainInput, weighed: number, parts: Parts): void {
  const { features, situation } = extracted
  const sums = new Map<keyof typeof TOKENS, number>()
  const add = (group: keyof typeof TOKENS, from: number, to: number): void => {
    for (let token = from; token < to; token++) sums.set(group, (sums.get(group) ?? 0) + partOf(token))
  }
  const groupOf = (token: number): TokenGroup => TOKEN_GROUPS[situation.tokenGroups[token] ?? 0] ?? 'identity'
  const size = features.tokens.length
  let at = size
  for (let token = 0; token < size; token++) {
    add(groupOf(token), token, token + 1)
    if (features.crossed[token] === 1) add(groupOf(token), at, ++at)
  }
  const ofArguments = tokens.baseCount + 2 * features.words.arguments.length
  const ofOutputs =
    ofArguments + features.words.lastOutput.length * (features.isMutating ? 2 : 1) + features.words.allOutputs.length
  add('context', at, tokens.baseCount)
  add('arguments', tokens.baseCount, ofArguments)
  add('tool_outputs', ofArguments, ofOutputs)
  add('request', ofOutputs, tokens.count)
  const total = [...sums.values()].reduce((sum, part) => sum + part, 0)
  if (total === 0) return
  for (const [name, part] of sums) parts.add(TOKENS[name][0], TOKENS[name][1], (weighed * part) / total)
}

/** Parts by group; a group speaks with the words of its largest part. */
class Parts {
  readonly #groups = new Map<string, { text: string; largest: number; count: number | undefined; sum: number }>()

  add(group: string, text: string, logOdds: number, count?: number): void {
    if (logOdds === 0) return
    const known = this.#groups.get(group)
    const sum = (known?.sum ?? 0) + logOdds
    const size = Math.abs(logOdds)
    if (known && known.largest >= size) known.sum = sum
    else this.#groups.set(group, { text, largest: size, count: count ?? known?.count, sum })
  }

  bySize(): Contribution[] {
    return [...this.#groups]
      .map(([group, { text, sum, count }]) => ({
        group,
        text,
        log_odds: sum,
        ...(count === undefined ? {} : { count }),
      }))
      .toSorted((a, b) => Math.abs(b.log_odds) - Math.abs(a.log_odds))
  }
}

function percent(probability: number): string {
  return `${Math.round(probability * 100)} %`
}
