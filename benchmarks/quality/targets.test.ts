import { describe, expect, it } from 'vitest'
import type { StreamResult } from './report.ts'
import { meanRatio, missedTargets, type Targets } from './targets.ts'

const TARGETS: Targets = {
  source: 'a test',
  mean_ratio: 0.75,
  start_ratio: { agents: 0.95, any: 1.02 },
  streams: {
    known: {
      best_peer: { log_loss: 0.5, auc: 0.7 },
      oracle: { log_loss: 0.4, auc: 0.8 },
      to_reach: { log_loss: 0.4, bad_held_at_2_percent: 0.9 },
    },
  },
}

function result(stream: string, logLoss: number, fields: Partial<StreamResult> = {}): StreamResult {
  return {
    stream,
    decisions: 6000,
    scored: 6000,
    bad: 600,
    median_delay: 0,
    ours: {
      log_loss: logLoss,
      brier: 0.1,
      ece: 0.03,
      auc: 0.8,
      average_precision: 0.5,
      harm_at_hold: { '1': 0.1, '5': 0.3, '10': 0.5 },
      first_500_log_loss: 0.6,
      auc_state_changing: 0.8,
      bad_held_at_2_percent: 0.95,
      bad_held_at_2_percent_state_changing: 0.9,
      predictions_per_second: 1000,
      updates_per_second: 1000,
      by_confidence: {
        low: { n: 0, scored: 0, bad: 0, log_loss: null, ece: null },
        medium: { n: 0, scored: 0, bad: 0, log_loss: null, ece: null },
        high: { n: 6000, scored: 6000, bad: 600, log_loss: logLoss, ece: 0.03 },
      },
      interval_coverage: { checked: 0, covered: 0, mean_width: null, buckets: [] },
    },
    start: { with_prior: 0.5, without_prior: 0.5, is_agent: false },
    peers: {},
    ...fields,
  }
}

describe('targets', () => {
  it('name what is missed: of the stream, of calibration, and of the mean', () => {
    expect(missedTargets([result('known', 0.45)], TARGETS)).toEqual([
      'known: log loss 0.4500, wanted at most 0.4',
      'known: ECE 0.0300, wanted at most 0.02',
      "mean of log loss over the best known peer's: 0.900, wanted at most 0.75",
    ])
    expect(missedTargets([result('known', 0.3, { scored: 4000 })], TARGETS)).toEqual([])
  })

  it('ask for calibration of any large stream whose outcomes are prompt, and of no other', () => {
    expect(missedTargets([result('elsewhere', 0.9)], TARGETS)).toEqual(['elsewhere: ECE 0.0300, wanted at most 0.02'])
    expect(missedTargets([result('elsewhere', 0.9, { median_delay: 3000 })], TARGETS)).toEqual([])
  })

  it('name where a start with the prior is too little better, and where it is worse', () => {
    const agent = (name: string, prior: number): StreamResult =>
      result(name, 0.3, { scored: 4000, start: { with_prior: prior, without_prior: 0.5, is_agent: true } })
    expect(missedTargets([agent('one', 0.4), agent('other', 0.52)], TARGETS)).toEqual([
      'other: first 200 with the prior 0.5200, wanted at most 1.02 of 0.5000',
    ])
    expect(missedTargets([agent('one', 0.49)], TARGETS)).toEqual([
      'mean over agents of the first 200 with the prior over without: 0.980, wanted at most 0.95',
    ])
  })

  it('take the mean over the streams of which a best peer is known', () => {
    expect(meanRatio([result('known', 0.3), result('elsewhere', 9)], TARGETS)).toBeCloseTo(0.6, 12)
    expect(meanRatio([result('elsewhere', 9)], TARGETS)).toBeNull()
  })
})
