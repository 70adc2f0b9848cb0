import { canonicalJson, type DecisionApi, type IndexCaseRequest, InvalidInputError } from '@bighub/core/protocol'
import { parseVerdict } from '../cases/case-verdict.ts'
import { planCase } from '../cases/plan-case.ts'
import { decisionIdFrom } from '../decisions/decision-ids.ts'
import type { EngineCore } from '../engine-core.ts'
import type { EvaluationKept } from '../engine-state.ts'
import { caseCounts } from '../precedents/case-counts.ts'
import { decisionRecordOf } from '../projections/decision-row.ts'
import type { UnchainedRecord } from '../storage/chain.ts'
import type { LogRecord } from '../storage/storage.ts'

type Indexed = Awaited<ReturnType<DecisionApi['retrieval']['indexCase']>>

/**
 * Makes a case of elsewhere one that is found, once under each `case_id`. Telling it again takes the place of the earlier telling,
 * until its outcome is known: then its prediction stands, as every prediction does. Decisions of our own and cases told in
 * full are found anyway and stay as they are.
 *
 * @throws InvalidInputError naming `verdict`.
 */
export async function indexCase(core: EngineCore, body: IndexCaseRequest): Promise<Indexed> {
  const verdict = body.verdict ? parseVerdict(body.verdict) : null
  if (body.action === '' && body.tool === '') throw new InvalidInputError('action', 'needs a name, or else the tool')
  const subject = decisionIdFrom(body.case_id)
  await core.run<void>({
    reads: { subject },
    plan: (state, found) => {
      const known = decisionRecordOf(found.records)
      const isFinal =
        known !== undefined &&
        ((known.kept as unknown as EvaluationKept).source !== 'index' ||
          found.records.some((record) => record.type === 'outcome'))
      if (isFinal) return { records: [], answer: () => undefined }
      const record = planCase(
        {
          subject,
          source: 'index',
          action: body.action || body.tool,
          tool: body.tool,
          actor: body.actor_type,
          domain: body.domain,
          riskScore: body.risk_score,
          verdict,
          context: body.axes ? { axes: body.axes } : {},
          replaces: known !== undefined,
        },
        state,
        core.now(),
      )
      return { records: known && isSameTelling(known, record) ? [] : [record], answer: () => undefined }
    },
  })
  return { indexed: true, case_id: body.case_id, total_indexed: (await caseCounts(core)).total }
}

/** Clients repeat what they are not sure has arrived. */
function isSameTelling(known: LogRecord, record: UnchainedRecord): boolean {
  const [before, now] = [known.kept, record.kept] as unknown as readonly [EvaluationKept, EvaluationKept]
  return (
    known.payload !== null &&
    canonicalJson(known.payload) === canonicalJson(record.payload) &&
    before.action === now.action &&
    before.domain === now.domain &&
    before.risk === now.risk &&
    before.verdict === now.verdict
  )
}
