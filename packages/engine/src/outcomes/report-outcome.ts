import type { OutcomeReport, OutcomeReportRequest } from '@bighub/core/protocol'
import type { EngineCore } from '../engine-core.ts'
import { decisionIdOf, parseOutcome, planOutcome } from './outcome-record.ts'

/** Through which door an outcome came. */
export type OutcomeSource = 'api' | 'case' | 'ingest' | 'batch'

/**
 * Records what became of a decision.
 *
 * @throws InvalidInputError naming the field; NotFoundError if there is no such decision.
 */
export async function reportOutcome(
  core: EngineCore,
  report: OutcomeReportRequest,
  source: OutcomeSource = 'api',
): Promise<OutcomeReport> {
  const parsed = parseOutcome(report)
  return core.run<OutcomeReport>({
    reads: { subject: decisionIdOf(parsed) },
    plan: (_, found) => {
      const at = core.now()
      const moment = { at, id: core.newId(at), organisation: core.organisation, source }
      const { record, report: stored } = planOutcome(parsed, found.records, moment)
      return { records: [record], answer: () => stored }
    },
  })
}
