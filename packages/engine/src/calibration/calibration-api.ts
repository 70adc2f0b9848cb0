import type { DecisionApi } from '@bighub/core/protocol'
import type { EngineCore } from '../engine-core.ts'
import { createResource } from '../resource.ts'
import { calibrationBreakdown, calibrationReport } from './calibration-report.ts'
import { drift } from './drift.ts'
import { calibrationFeedback } from './feedback.ts'
import { observe } from './observe.ts'
import { qualityHistory } from './quality-history.ts'
import { reliability } from './reliability.ts'

/** Agreement of scores with what happened, all from the predictions as they were made (protocol §7.6). */
export function createCalibrationApi(core: EngineCore): DecisionApi['calibration'] {
  return createResource('calibration', {
    report: (query) => calibrationReport(core, { ...query, ...named(query) }),
    reliability: (query) => reliability(core, named(query)),
    drift: (query) => drift(core, { windowDays: query.window_days ?? 14, ...named(query) }),
    breakdown: (query) => calibrationBreakdown(core, query.by ?? 'domain'),
    feedback: (query) => calibrationFeedback(core, named(query)),
    observe: async (body) => observe(core, body),
    qualityHistory: (query) => qualityHistory(core, { days: query.days ?? 30, ...named(query) }),
  })
}

/** Empty text names nothing. */
function named({ domain, tool }: { readonly domain?: string | undefined; readonly tool?: string | undefined }) {
  return { domain: domain || undefined, tool: tool || undefined }
}
