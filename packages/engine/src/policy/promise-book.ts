import { type Policy, type PromiseReport, policyForDomain } from '@bighub/core/protocol'
import { BadRateKeeper, type PromiseView } from './bad-rate-keeper.ts'

/** What a decision records of a promise that bound it. */
export interface PromiseKept {
  readonly max_bad_rate: number
  /** Probability with which a call like it ran unasked, as far as the promise goes: its propensity. */
  readonly share: number
  /** The promise held it, and nothing else did. */
  readonly is_held: boolean
}

/** The domain whose own promise binds a call, or the whole organisation's. */
type Scope = string | null

/** The promises of a policy and how they are kept: one keeper for the organisation and one for each domain with a promise of its own. */
export class PromiseBook {
  readonly #keepers = new Map<Scope, BadRateKeeper>()

  /** Null where nothing is promised. */
  view(policy: Policy, domain: string | null, probability: number): PromiseView | null {
    const rate = policyForDomain(policy, domain).max_bad_rate
    if (rate === null) return null
    const keeper = this.#keepers.get(scopeOf(policy, domain))
    return (keeper?.rate === rate ? keeper : new BadRateKeeper(rate)).view(probability)
  }

  /** A decision was recorded. Counted is what runs, and what would but for the promise. */
  admit(
    policy: Policy,
    { domain, risk, result, promise }: { domain: string | null; risk: number; result: string; promise?: PromiseKept },
  ): void {
    const rate = policyForDomain(policy, domain).max_bad_rate
    if (rate === null || (result !== 'allowed' && !promise?.is_held)) return
    const scope = scopeOf(policy, domain)
    let keeper = this.#keepers.get(scope)
    // Another promise is another question: what was learned for the old one does not answer it.
    if (keeper?.rate !== rate) {
      keeper = new BadRateKeeper(rate)
      this.#keepers.set(scope, keeper)
    }
    keeper.admit(risk, result === 'allowed')
  }

  /** What came of a decision that ran unasked under the promise it recorded; another one since does not count it. */
  learn(
    policy: Policy,
    { domain, risk, promise }: { domain: string | null; risk: number; promise: PromiseKept },
    label: 0 | 1 | null,
    before: 0 | 1 | null,
  ): void {
    const rate = policyForDomain(policy, domain).max_bad_rate
    const keeper = this.#keepers.get(scopeOf(policy, domain))
    if (keeper?.rate === rate && promise.max_bad_rate === rate) keeper.learn(risk, label, before)
  }

  /** One report a promise of the policy, the organisation's first. */
  reports(policy: Policy): PromiseReport[] {
    const scopes: Scope[] = [null, ...Object.keys(policy.domains).toSorted()]
    return scopes.flatMap((scope) => {
      const rate = policyForDomain(policy, scope).max_bad_rate
      if (rate === null || scopeOf(policy, scope) !== scope) return []
      const keeper = this.#keepers.get(scope)
      return [(keeper?.rate === rate ? keeper : new BadRateKeeper(rate)).report(scope)]
    })
  }

  snapshot(): unknown {
    return new Map([...this.#keepers].map(([scope, keeper]) => [scope, keeper.snapshot()]))
  }

  restore(snapshot: unknown): void {
    this.#keepers.clear()
    for (const [scope, keeper] of snapshot as ReadonlyMap<Scope, unknown>)
      this.#keepers.set(scope, BadRateKeeper.restore(keeper))
  }
}

function scopeOf(policy: Policy, domain: string | null): Scope {
  const own = domain !== null && Object.hasOwn(policy.domains, domain) ? policy.domains[domain] : undefined
  return own?.max_bad_rate === undefined ? null : domain
}
