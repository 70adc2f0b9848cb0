import type { ActionFacts } from '../features/action-facts.ts'
import type { CaseFields } from '../features/case-fields.ts'
import { verbClassOf } from '../features/verb-class.ts'
import { axesOf } from './axes-of.ts'
import { type ComparableCase, hashName } from './case-table.ts'

/** What a decision leaves of itself as a later precedent: hashes and numbers. */
export interface PrecedentCase {
  readonly action: string
  readonly actor: number
  readonly domain: number
  readonly target: number
  readonly value: number | null
  readonly fields: readonly number[]
  /** ISO time of the decision. */
  readonly at: string
  /** Absent in what older versions have recorded, as are the following. */
  readonly tool?: number
  /** Hash of the trajectory's id. */
  readonly run?: number
  readonly risk?: number
  /** Named axes of the situation: hash of the name, value, and so on. */
  readonly axes?: readonly number[]
}

/** What a decision about to be made leaves of itself. */
export function toPrecedentCase(
  { fields }: CaseFields,
  facts: ActionFacts,
  { risk, at }: { readonly risk: number; readonly at: number },
): PrecedentCase {
  const { reversibility } = facts
  const axes = { ...(reversibility === null ? {} : { reversibility }), ...axesOf(facts.context) }
  return {
    action: facts.action,
    tool: hashName(facts.tool),
    actor: hashName(facts.actor),
    domain: hashName(facts.domain),
    target: hashName(facts.target),
    run: hashName(facts.run.id),
    value: facts.value,
    risk,
    axes: hashAxes(axes),
    fields,
    at: new Date(at).toISOString(),
  }
}

/** A precedent as it is compared. */
export function toComparable(precedent: PrecedentCase): ComparableCase {
  const action = hashName(precedent.action)
  return {
    action,
    verb: verbClassOf(precedent.action),
    tool: precedent.tool ?? action,
    actor: precedent.actor,
    domain: precedent.domain,
    target: precedent.target,
    run: precedent.run ?? 0,
    at: Date.parse(precedent.at),
    value: precedent.value,
    risk: precedent.risk ?? 0,
    axes: precedent.axes ?? [],
    fields: precedent.fields,
  }
}

/** Named axes as a list of hashes and values, by name. */
export function hashAxes(axes: Readonly<Record<string, number>>): readonly number[] {
  return Object.keys(axes)
    .toSorted()
    .flatMap((name) => [hashName(name), axes[name] ?? 0])
}
