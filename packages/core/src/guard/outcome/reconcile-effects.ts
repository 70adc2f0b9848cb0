import {
  type DecisionApi,
  type Effect,
  type Evaluator,
  InvalidInputError,
  type ResolveEffectRequest,
} from '../../protocol/index.ts'
import { type ToolOptionsByName, toolOptionsFor } from '../tool-options.ts'
import { describeError } from './classify-end.ts'

/** What was asked of the real systems about calls of which nobody knew what they came to. */
export interface Reconciliation {
  readonly resolved: readonly Effect[]
  /** Still unknown, and why: no tool of this name can be asked, it does not know either, or asking failed. */
  readonly open: readonly { readonly effect: Effect; readonly reason: string }[]
}

/** An evaluator that lists effects and takes word of them, as the engine and the client do. */
export type EffectKeeper = Evaluator & { readonly effects: Pick<DecisionApi['effects'], 'list' | 'resolve'> }

export function isEffectKeeper(evaluator: Evaluator): evaluator is EffectKeeper {
  const { effects } = evaluator as Partial<EffectKeeper>
  return typeof effects?.list === 'function' && typeof effects.resolve === 'function'
}

/** Effects that one reconciliation looks at, of each state. */
const PAGE = 1000

/**
 * Asks each tool's `reconcile` what became of the calls that nobody knows about, and puts the answers on record, as outcomes too.
 * Nothing is presumed: what a tool cannot say stays unknown.
 */
export async function reconcileEffects(keeper: EffectKeeper, tools: ToolOptionsByName): Promise<Reconciliation> {
  const pages = await Promise.all(
    (['unknown', 'aborted'] as const).map((state) => keeper.effects.list({ state, limit: PAGE })),
  )
  const resolved: Effect[] = []
  const open: { effect: Effect; reason: string }[] = []
  for (const effect of pages.flatMap(({ effects }) => effects)) {
    const answer = await ask(effect, tools)
    if (typeof answer === 'string') open.push({ effect, reason: answer })
    else {
      resolved.push(await keeper.effects.resolve(effect.effect_id, answer))
      await keeper.reportOutcome({ request_id: effect.request_id, status: STATUS_OF_STATE[answer.state] })
    }
  }
  return { resolved, open }
}

const STATUS_OF_STATE = { succeeded: 'SUCCESS', failed: 'FAILURE', not_run: 'BLOCKED' } as const
type KnownState = keyof typeof STATUS_OF_STATE

async function ask(
  effect: Effect,
  tools: ToolOptionsByName,
): Promise<string | (ResolveEffectRequest & { readonly state: KnownState })> {
  const tool = effect.tool ?? effect.action ?? ''
  const { reconcile } = toolOptionsFor(tools, tool)
  if (!reconcile) return `the tool "${tool}" has no reconcile function`
  try {
    const state = await reconcile(effect)
    if (state === 'unknown') return `the tool "${tool}" does not know`
    if (!Object.hasOwn(STATUS_OF_STATE, state))
      throw new InvalidInputError('reconcile', `must answer succeeded, failed, not_run or unknown, not ${state}`)
    return { state, summary: `the tool "${tool}" was asked` }
  } catch (error) {
    return `asking the tool "${tool}" failed: ${describeError(error)}`
  }
}
