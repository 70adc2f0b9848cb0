import type { CompareRetrievalRequest, PrecedentSignalsRequest, RetrievalQuery } from '@bighub/core/protocol'
import { verbClassOf } from '../features/verb-class.ts'
import type { CaseQuery } from '../precedents/case-scorer.ts'
import { hashName } from '../precedents/case-table.ts'
import { hashAxes } from '../precedents/precedent-case.ts'

/** What past cases are looked for by; null was not said. */
export interface Situation {
  readonly action: string | null
  readonly tool: string | null
  readonly domain: string | null
  readonly actor: string | null
  readonly target: string | null
  readonly value: number | null
  /** In [0, 1]. */
  readonly riskScore: number | null
  readonly axes: Readonly<Record<string, number>> | null
  /** Hashes of argument and context fields, as an evaluation of the same action makes them. */
  readonly fields: readonly number[] | null
  readonly intent: string | null
  readonly trajectoryId: string | null
}

export const NO_SITUATION: Situation = {
  action: null,
  tool: null,
  domain: null,
  actor: null,
  target: null,
  value: null,
  riskScore: null,
  axes: null,
  fields: null,
  intent: null,
  trajectoryId: null,
}

/** Empty text says nothing. `trajectory_id`, `target` and `value` are ours: no client of the reference sends them. */
export function toSituation(body: RetrievalQuery | CompareRetrievalRequest | PrecedentSignalsRequest): Situation {
  const { trajectory_id: run, target, value } = body
  return {
    ...NO_SITUATION,
    domain: body.domain || null,
    action: body.action || null,
    tool: body.tool || null,
    actor: body.actor_type || null,
    axes: body.axes ?? null,
    riskScore: body.risk_score ?? null,
    trajectoryId: typeof run === 'string' && run !== '' ? run : null,
    target: typeof target === 'string' && target !== '' ? target : null,
    value: typeof value === 'number' ? value : null,
  }
}

/** A situation as cases are compared with it. */
export function toQuery({ action, tool, domain, actor, target, ...situation }: Situation): CaseQuery {
  return {
    action: hashName(action),
    verb: verbClassOf(action ?? tool ?? ''),
    tool: hashName(tool),
    domain: hashName(domain),
    actor: hashName(actor),
    target: hashName(target),
    run: hashName(situation.trajectoryId),
    value: situation.value,
    risk: situation.riskScore,
    axes: hashAxes(situation.axes ?? {}),
    fields: situation.fields ?? [],
  }
}
