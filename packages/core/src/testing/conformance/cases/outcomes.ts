import { type ConformanceCase, refused } from '../conformance-case.ts'

const DAY = 86_400_000

/** What became of decisions, cases, and what is learned from it. */
export const OUTCOME_CASES: readonly ConformanceCase[] = [
  {
    name: 'outcomes are reported, corrected, found and added up',
    async run({ actions, outcomes }, { advance }) {
      await outcomes.taxonomy()
      const ids: string[] = []
      for (const [n, domain] of ['payments', 'payments', 'mails'].entries()) {
        const { request_id: id } = await actions.evaluate({ action: 'refund', actor: 'agent', domain, value: 10 + n })
        ids.push(id)
      }
      const [first = '', second = '', third = ''] = ids
      await refused(outcomes.get(first))
      await outcomes.pending({ limit: 2 })
      advance(DAY)
      await outcomes.report({ request_id: first, status: 'success', description: 'paid', tags: ['a'] })
      await outcomes.report({
        case_id: first.replace('act_', 'case_'),
        status: 'FRAUD',
        correction_needed: true,
        correction_cost: 12.5,
        time_to_detect_s: 3600,
        rollback_performed: true,
        revenue_impact: -10,
        customer_impact_count: 1,
        reported_by: 'bank',
      })
      await outcomes.reportBatch({
        outcomes: [
          { validation_id: second.replace('act_', 'val_'), status: 'TOOL_ERROR' },
          { request_id: third, status: 'SUCCESS' },
          { request_id: 'act_nobody', status: 'SUCCESS' },
          { request_id: third, status: 'WONDERFUL' },
        ],
      })
      await outcomes.get(first)
      await outcomes.getByCase(second.replace('act_', 'case_'))
      await outcomes.getByValidation(third.replace('act_', 'val_'))
      await outcomes.timeline(first)
      await outcomes.pending()
      await outcomes.analytics({ domain: 'payments' })
      await outcomes.analytics({ since: '2100-01-01T00:00:00Z' })
      await outcomes.recommendationQuality()
      await outcomes.partnerView('payments')
      await refused(outcomes.report({ status: 'SUCCESS' }))
      await refused(outcomes.report({ request_id: 'act_nobody', status: 'SUCCESS' }))
      await refused(outcomes.timeline('act_nobody'))
    },
  },
  {
    name: 'cases of elsewhere are kept, linked, judged by their outcome and found as precedents',
    async run({ actions, cases, precedents }) {
      const { request_id: id } = await actions.evaluate({ action: 'refund', domain: 'payments', value: 20 })
      const linked = await cases.create({
        domain: 'payments',
        action: { tool: 'refund', action: 'refund', value: 20 },
        verdict: { verdict: 'ALLOWED', risk_score: 0.2 },
        refs: { request_id: id },
        goal_summary: 'make it right',
        tags: ['linked'],
      })
      const foreign = await cases.create({
        domain: 'payments',
        action: { tool: 'refund', action: 'refund', value: 25, target: 'A-9', arguments: { method: 'gift_card' } },
        verdict: { verdict: 'ALLOWED', risk_score: 0.4, reasons: ['small'] },
        context: { axes: { reversibility: 0.2 } },
        actor_id: 'legacy-agent',
      })
      await cases.get(linked.case_id)
      await cases.reportOutcome(foreign.case_id, { status: 'FRAUD', revenue_impact: -25 })
      await cases.get(foreign.case_id)
      await cases.list({ domain: 'payments', has_outcome: true })
      await cases.list({ min_risk_score: 0.3, limit: 1, offset: 0 })
      await cases.precedents({ domain: 'payments', action: { action: 'refund', value: 24, tool: 'refund' }, limit: 5 })
      await cases.calibration()
      await precedents.query({ domain: 'payments', action: 'refund', tool: 'refund', require_outcome: true })
      await precedents.signals({ domain: 'payments', action: 'refund' })
      await precedents.stats()
      await refused(cases.get('case_nobody'))
      await refused(cases.create({ domain: 'payments', action: {}, verdict: { risk_score: 7 } }))
      await refused(precedents.query({ domain: 'payments', action: 'refund', min_similarity: 3 }))
    },
  },
  {
    name: 'learning shows itself: calibration, patterns, precedents, simulations, features',
    async run({ actions, outcomes, calibration, insights, simulations, retrieval, features }, { advance }) {
      const ids: string[] = []
      for (let n = 0; n < 60; n++) {
        const isBad = n % 3 === 0
        const { request_id: id } = await actions.evaluate({
          action: isBad ? 'refund_gift_card' : 'refund_original',
          actor: 'agent',
          domain: 'payments',
          target: `A-${n % 5}`,
          value: 10 + n,
        })
        ids.push(id)
        advance(6 * 3_600_000)
        await outcomes.report({ request_id: id, status: isBad ? 'FRAUD' : 'SUCCESS' })
      }
      await calibration.report()
      await calibration.report({ domain: 'payments', risk_band: 'low' })
      await calibration.reliability({ domain: 'payments' })
      await calibration.drift({ window_days: 7 })
      await calibration.breakdown({ by: 'action' })
      await calibration.breakdown()
      await calibration.feedback({ domain: 'payments' })
      await calibration.observe({
        case_id: 'case_of_elsewhere',
        predicted_risk: 0.8,
        outcome_status: 'FAILURE',
        domain: 'elsewhere',
      })
      await calibration.report({ domain: 'elsewhere' })
      await calibration.qualityHistory({ days: 30 })
      await refused(calibration.observe({ case_id: 'x', predicted_risk: 2, outcome_status: 'FAILURE' }))
      await refused(calibration.observe({ case_id: 'x', predicted_risk: 0.2, outcome_status: 'WONDERFUL' }))

      await insights.learn()
      await insights.patterns({ min_severity: 'low' })
      await insights.advise({ tool: 'refund_gift_card', action: 'refund_gift_card', domain: 'payments' })
      await insights.profile({ action: 'refund_gift_card' })
      await refused(insights.patterns({ min_severity: 'terrible' as never }))

      await simulations.list({ limit: 2, with_outcome: true })
      const snapshot = await simulations.byRequest(ids[0] ?? '')
      await simulations.get(snapshot.snapshot_id)
      await simulations.compare(ids[0] ?? '')
      await simulations.accuracy({ domain: 'payments' })
      await simulations.stats()
      await refused(simulations.get('snap_nobody'))

      await retrieval.strategies()
      await retrieval.strategy('recency-focused')
      const query = { domain: 'payments', action: 'refund_gift_card', risk_score: 0.5 }
      await retrieval.query({ ...query, strategy: 'balanced' })
      await retrieval.queryExplained({ ...query, strategy_name: 'actor-focused' })
      await retrieval.compare({ ...query, strategy_a: 'balanced', strategy_b: 'recency-focused' })
      await retrieval.indexCase({
        case_id: 'case_by_hand',
        org_id: '1',
        tool: 'refund',
        action: 'refund',
        domain: 'payments',
        risk_score: 0.4,
      })
      await retrieval.stats()
      await refused(retrieval.strategy('none'))

      const caseId = (ids[0] ?? '').replace('act_', 'case_')
      const otherId = (ids[1] ?? '').replace('act_', 'case_')
      await features.schema()
      await features.compute({ case_id: caseId, org_id: '1', case_data: {} })
      await features.computeBatch({ cases: [{ case_id: caseId }, { case_id: otherId }] })
      const kept = await features.snapshot({ case_id: caseId, tag: 'before' })
      await features.getSnapshot(kept.snapshot_id)
      await features.listSnapshots({ tag: 'before' })
      const explained = await features.explain(caseId)
      await features.explainOne(caseId, explained.features[0]?.key ?? '')
      await features.export(caseId)
      await features.exportBatch({ case_ids: [caseId, otherId] })
      await features.compare({ snapshot_id_a: kept.snapshot_id, case_id_b: otherId })
      await features.stats()
      await refused(features.getSnapshot('fsnap_nobody'))
      await refused(features.explain('case_nobody'))
    },
  },
  {
    name: 'events of other runtimes find their decision in any order',
    async run({ actions, ingest, outcomes }, { advance }) {
      await ingest.adapters()
      const { request_id: id } = await actions.evaluate({ action: 'refund', domain: 'payments', value: 10 })
      await ingest.event({
        event_type: 'ACTION_EXECUTED',
        event_id: 'e-1',
        request_id: id,
        execution: { executed: true },
      })
      await ingest.event({
        event_type: 'ACTION_EXECUTED',
        event_id: 'e-1',
        request_id: id,
        execution: { executed: true },
      })
      await ingest.event({ event_type: 'FRAUD_DETECTED', event_id: 'e-2', request_id: id, case_id: '' })
      await outcomes.get(id)
      await ingest.batch({
        adapter: 'generic_webhook',
        domain: 'orders',
        events: [
          {
            event_type: 'ACTION_PROPOSED',
            event_id: 'e-3',
            external_ref: 'order-7',
            action: { tool: 'ship', action: 'ship_order', value: 12 },
          },
          { event_type: 'ACTION_EXECUTED', event_id: 'e-4', external_ref: 'order-7' },
          { event_type: 'NOT_A_TYPE', event_id: 'e-5' },
        ],
      })
      await ingest.lifecycle({ external_ref: 'order-7' })
      await ingest.pending({ limit: 5 })
      advance(8 * DAY)
      await ingest.stale({ stale_after_days: 7 })
      await ingest.reconcile({
        key_name: 'external_ref',
        key_value: 'order-7',
        outcome: { event_type: 'OUTCOME_OBSERVED', outcome: { status: 'SUCCESS', description: 'arrived' } },
      })
      await ingest.lifecycles({ status_filter: 'reconciled' })
      await ingest.stats()
      await refused(
        ingest.reconcile({ key_name: 'external_ref', key_value: 'nothing', outcome: { status: 'SUCCESS' } }),
      )
      await refused(ingest.lifecycle({}))
    },
  },
]
