import {
  type Constraint,
  type EvaluateResponse,
  type Policy,
  policyForDomain,
  type Recommendation,
} from '@bighub/core/protocol'
import { appliesTo, evaluateConstraints } from '../constraints/evaluate-constraints.ts'
import { LocalClock } from '../constraints/local-clock.ts'
import { countRun, NO_USAGE, type RuleUsage } from '../constraints/rule-usage.ts'
import type { ApprovalKept, ConsumedKept, EngineState, EvaluationKept, OutcomeKept } from '../engine-state.ts'
import { toFacts } from '../evaluate/evaluate.ts'
import { normaliseRequest } from '../evaluate/normalise-request.ts'
import { drawOf, recommendUnderPromise } from '../evaluate/recommend.ts'
import { stakeOf } from '../policy/decide-by-regret.ts'
import { PromiseBook, type PromiseKept } from '../policy/promise-book.ts'
import type { LogRecord } from '../storage/storage.ts'
import { readObservations } from '../trajectory/trajectory-book.ts'

/** What would be different. */
export interface Changes {
  readonly policy: Partial<Policy>
  /** Rules that would hold besides. */
  readonly added: readonly Constraint[]
  /** Ids of rules that would not hold. */
  readonly without: ReadonlySet<string>
}

export interface Redecided {
  readonly recommendation: Recommendation
  readonly result: EvaluationKept['result']
}

interface Refusal {
  readonly requestId: string
  readonly version: number
}

/**
 * Decides recorded evaluations again under changed rules and policy, in the log's order. The risk is the one that was predicted
 * then, never today's; rules have counters of their own, which count what would have run; a call that would have been refused is
 * refused again in the same run. What would have been held counts as run where a person let the real one run, and not otherwise: how
 * somebody would have answered is not known. The run's own course (its steps, failures and health) is the recorded one.
 */
export class Redecider {
  readonly #changes: Changes
  readonly #usage = new Map<string, RuleUsage>()
  readonly #refusals = new Map<string, Refusal>()
  /** Held calls that a person may yet let run, with the rules that would count them. */
  readonly #held = new Map<string, readonly string[]>()
  readonly #promises = new PromiseBook()
  /** Of the decisions that were made again and would have run unasked, what the promise said. */
  readonly #unasked = new Map<string, PromiseKept>()
  /** Version of rules and policy that the refusals were made under. */
  #refusalsOf = -1
  #policy: { readonly from: Policy; readonly changed: Policy; readonly clock: LocalClock } | undefined
  #hasBegun = false

  constructor(changes: Changes) {
    this.#changes = changes
  }

  /**
   * @param state - The fold of everything before the record.
   * @returns what would have been decided; null where the words that rules look at were erased.
   */
  redecide(record: LogRecord, state: EngineState): Redecided | null {
    const kept = record.kept as unknown as EvaluationKept
    if (!this.#hasBegun) this.#begin(state)
    const recorded = record.payload?.['request']
    if (typeof recorded !== 'object' || recorded === null) return null
    const request = normaliseRequest(recorded as Parameters<typeof normaliseRequest>[0])
    const response = record.payload?.['response'] as EvaluateResponse
    const { policy, clock } = this.#policyOf(state)
    const rules = this.#rulesOf(state)
    const observed = readObservations(request.run.observations ?? [])
    const facts = toFacts(request, state, observed)
    const effective = policyForDomain(policy, kept.domain)
    const health = state.trajectories.health(request.trajectoryId, observed)
    const median = state.values.median(kept.action)
    const input = {
      prediction: {
        probability: kept.risk,
        interval: response.risk_interval ?? [kept.risk, kept.risk],
        // Only tells whether learning changed the advice, which nobody asks here.
        priorProbability: kept.risk,
      },
      stake: stakeOf(kept.value, median, effective.typical_value, state.severities.mean(kept.action)),
      policy: effective,
      rules: evaluateConstraints(rules, facts, {
        at: record.at,
        local: clock.at(record.at),
        riskScore: kept.risk,
        health,
        usage: (id) => this.#usage.get(id) ?? NO_USAGE,
      }),
      health,
      killSwitch: state.killSwitchFor(kept.domain),
      refusedBefore: effective.repeat_refusal ? this.#refusalOf(request.trajectoryId, kept.digest, state) : null,
      holdCautions: request.call.hold_cautions ?? false,
      // Whether there was a connection is known only from what it led to.
      lacksConnection: kept.blocked_by === 'live_connection',
    }
    const promised = this.#promises.view(policy, kept.domain, kept.risk)
    const { decided, promise } = recommendUnderPromise(input, promised, () => drawOf(kept.digest, state.decisions))
    if (promise && decided.result === 'allowed') this.#unasked.set(record.subject, promise)
    this.#promises.admit(policy, {
      domain: kept.domain,
      risk: kept.risk,
      result: decided.result,
      ...(promise ? { promise } : {}),
    })
    const applying = rules.filter((rule) => appliesTo(rule, facts)).map((rule) => rule.rule_id)
    this.#take(record, decided, { rules: applying, clock })
    return decided
  }

  /** Takes in a record that is not decided again. Call it before the state folds the record. */
  observe(record: LogRecord, state: EngineState): void {
    if (record.type === 'evaluation') {
      const { result, blocked_by: blockedBy } = record.kept as unknown as EvaluationKept
      if (result === 'blocked') this.#refuse(record, blockedBy)
    } else if (record.type === 'approval_consumed') {
      const rules = this.#held.get(record.subject)
      const { value } = record.kept as unknown as ConsumedKept
      if (rules) this.#countRun(rules, value, record.at, this.#policyOf(state).clock)
      this.#held.delete(record.subject)
    } else if (record.type === 'outcome') {
      const { decision, label, previous } = record.kept as unknown as OutcomeKept
      const promise = this.#unasked.get(record.subject)
      if (promise)
        this.#promises.learn(this.#policyOf(state).policy, { ...decision, promise }, label, previous?.label ?? null)
    } else if (record.type === 'approval_resolved' || record.type === 'approval_ended') {
      const { status, trajectory_id: run, digest, version } = record.kept as unknown as ApprovalKept
      if (status === 'approved') return
      this.#held.delete(record.subject)
      if (run !== null) this.#refusals.set(keyOf(run, digest), { requestId: record.subject, version })
    }
  }

  /** Counters of rules begin with what was really used up to here. */
  #begin(state: EngineState): void {
    this.#hasBegun = true
    for (const id of state.constraints.keys()) this.#usage.set(id, state.usageOf(id))
  }

  #policyOf(state: EngineState): { readonly policy: Policy; readonly clock: LocalClock } {
    if (this.#policy?.from !== state.policy) {
      const { policy: update } = this.#changes
      const changed: Policy = {
        ...state.policy,
        ...update,
        costs: { ...state.policy.costs, ...update.costs },
        approvals: { ...state.policy.approvals, ...update.approvals },
      }
      this.#policy = { from: state.policy, changed, clock: new LocalClock(changed.time_zone) }
    }
    return { policy: this.#policy.changed, clock: this.#policy.clock }
  }

  #rulesOf(state: EngineState): Constraint[] {
    const { added, without } = this.#changes
    return [...[...state.constraints.values()].filter((rule) => !without.has(rule.rule_id)), ...added]
  }

  #refusalOf(run: string | null, digest: string, state: EngineState): string | null {
    if (run === null) return null
    const refusal = this.#refusals.get(keyOf(run, digest))
    return refusal?.version === state.version ? refusal.requestId : null
  }

  #take(
    record: LogRecord,
    decided: Redecided & { readonly blockedBy: string | null },
    on: { readonly rules: readonly string[]; readonly clock: LocalClock },
  ): void {
    const kept = record.kept as unknown as EvaluationKept
    const { result, blockedBy } = decided
    if (result === 'allowed' || (kept.shadow && blockedBy !== 'kill_switch'))
      this.#countRun(on.rules, kept.value, record.at, on.clock)
    else if (result === 'blocked') this.#refuse(record, blockedBy)
    // Only where the real call was held, too, somebody answered.
    else if (kept.result === 'requires_approval') this.#held.set(record.subject, on.rules)
  }

  /** A refusal that repeats an earlier one is remembered as that one, as the engine does. */
  #refuse(record: LogRecord, blockedBy: string | null): void {
    const { step, version, shadow } = record.kept as unknown as EvaluationKept
    if (step?.digest == null || blockedBy === 'repeat_refusal' || (shadow && blockedBy !== 'kill_switch')) return
    // Rules that have changed since let it be asked again: older refusals mean nothing any more.
    if (version !== this.#refusalsOf) this.#refusals.clear()
    this.#refusalsOf = version
    this.#refusals.set(keyOf(step.trajectory_id, step.digest), { requestId: record.subject, version })
  }

  #countRun(ids: readonly string[], value: number | null, at: number, clock: LocalClock): void {
    for (const id of ids) this.#usage.set(id, countRun(this.#usage.get(id) ?? NO_USAGE, clock.at(at), value, at))
  }
}

function keyOf(trajectoryId: string, digest: string): string {
  return `${trajectoryId}\n${digest}`
}
