import { mkdtempSync } from 'node:fs'
import { tmpdir } from 'node:os'
import { join } from 'node:path'
import { pathToFileURL } from 'node:url'
import { describe, expect, it } from 'vitest'
import { accept, findRegressions, readAccepted, writeAccepted } from './tolerances.ts'

const measured = (logLoss: number, auc: number | null = 0.8) => [
  { stream: 'payments', ours: { log_loss: logLoss, ece: 0.01, auc } },
]

describe('the table of what was accepted', () => {
  const table = accept(measured(0.5), {})

  it('lets a figure get better, or worse by its tolerance, and no more', () => {
    expect(table['payments']?.log_loss).toEqual({ figure: 0.5, tolerance: 0.005 })
    expect(findRegressions(measured(0.2), table)).toEqual([])
    expect(findRegressions(measured(0.5049), table)).toEqual([])
    expect(findRegressions(measured(0.506), table)).toEqual(['payments: log_loss 0.50600, accepted 0.5 ± 0.005'])
    expect(findRegressions(measured(0.5, 0.9), table)).toEqual([])
    expect(findRegressions(measured(0.5, 0.79), table)).toEqual(['payments: auc 0.79000, accepted 0.8 ± 0.003'])
    expect(findRegressions(measured(0.5, null), table)).toHaveLength(1)
  })

  it('judges no stream that is not in it', () => {
    expect(findRegressions(measured(9), {})).toEqual([])
  })

  it('keeps tolerances and other streams when it is written anew', () => {
    const edited = { ...table, payments: { ...table['payments'], log_loss: { figure: 0.5, tolerance: 0.1 } } }
    // The others stand as they were accepted.
    const again = accept(measured(0.3), { other: table['payments'], ...edited } as typeof table)
    expect(again['payments']?.log_loss).toEqual({ figure: 0.3, tolerance: 0.1 })
    expect(again['other']).toEqual(table['payments'])
  })

  it('comes back from its file as it was', () => {
    const file = pathToFileURL(join(mkdtempSync(join(tmpdir(), 'accepted-')), 'accepted.json'))
    expect(readAccepted(file)).toEqual({})
    writeAccepted(table, file)
    expect(readAccepted(file)).toEqual(table)
  })
})
