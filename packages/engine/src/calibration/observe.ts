import { findOutcomeStatus, InvalidInputError, type ObserveRequest, type ObserveResponse } from '@bighub/core/protocol'
import type { EngineCore } from '../engine-core.ts'
import type { ObservationKept } from '../engine-state.ts'
import { observationSubject } from '../projections/observation-row.ts'

/**
 * Records a prediction of elsewhere with what came of it. Each case counts once: a later telling takes the place of the earlier
 * one, and one that says the same again is not written.
 *
 * @throws InvalidInputError naming `outcome_status`.
 */
export function observe(core: EngineCore, body: ObserveRequest): Promise<ObserveResponse> {
  const definition = findOutcomeStatus(body.outcome_status)
  if (!definition)
    throw new InvalidInputError('outcome_status', `${JSON.stringify(body.outcome_status)} is not an outcome status`)
  const label = definition.category === 'neutral' ? null : definition.category === 'negative' ? 1 : 0
  const risk = body.predicted_risk
  const subject = observationSubject(body.case_id)
  const domain = body.domain || null
  return core.run<ObserveResponse>({
    reads: { subject },
    plan: (_, found) => {
      const before = found.records.at(-1)?.kept as ObservationKept | undefined
      const isSame = before?.risk === risk && before.label === label && before.domain === domain
      const kept: ObservationKept = {
        risk,
        label,
        domain,
        ...(before ? { previous: { risk: before.risk, label: before.label, domain: before.domain } } : {}),
      }
      return {
        records: isSame
          ? []
          : [
              {
                type: 'observation_recorded',
                at: core.now(),
                subject,
                kept: { ...kept },
                payload: { observation: { ...body, outcome_status: definition.status } },
              },
            ],
        answer: () => ({
          recorded: true,
          case_id: body.case_id,
          predicted_risk: risk,
          outcome_status: definition.status,
          actual: label,
          error: label === null ? null : risk - label,
          brier: label === null ? null : (risk - label) ** 2,
        }),
      }
    },
  })
}
