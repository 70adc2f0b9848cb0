import { listRoutes } from '@bighub/core/protocol'
import { expect, it } from 'vitest'
import { fuzz } from './fuzz.ts'

/** The short form of `npm run fuzz`. */
it('answers 5,000 valid, nearly valid and hostile requests without a failure, a hang or an answer that breaks its schema', async () => {
  const report = await fuzz({ requests: 5000, seed: 20260702 })
  expect(report.faults).toEqual([])
  expect(report.requests).toBe(5000)
  // Requests that are all refused would try nothing.
  expect(report.statuses['200']).toBeGreaterThan(1500)
  expect(report.statuses['422']).toBeGreaterThan(500)
  expect(report.routesDone).toBeGreaterThan(listRoutes().length * 0.75)
}, 120_000)
