import { describe, expect, it } from 'vitest'
import { logit } from '../math/log-odds.ts'
import { CalibrationTables } from './calibration-tables.ts'

describe('calibration tables', () => {
  it('leave an estimate as it is at first', () => {
    for (const p of [0.0005, 0.1, 0.5, 0.8, 0.999])
      expect(new CalibrationTables().calibrate(1, p)).toBeCloseTo(logit(p), 9)
  })

  it('pull estimates towards what was observed, for an action that has its own and for others', () => {
    const tables = new CalibrationTables()
    for (let n = 0; n < 400; n++) tables.learn(1, 0.8, n % 2 === 0 ? 1 : 0, 1)
    // 0.8 was said where ½ came: half of it is kept, the tables say ½.
    expect(tables.calibrate(1, 0.8)).toBeCloseTo(0.5 * logit(0.8), 1)
    expect(tables.calibrate(2, 0.8)).toBeCloseTo(0.7 * logit(0.8), 1)
    expect(tables.calibrate(1, 0.05)).toBeCloseTo(logit(0.05), 9)
  })
})
