import { existsSync, readFileSync } from 'node:fs'
import { fileURLToPath } from 'node:url'
import { describe, expect, it } from 'vitest'
import { Backtest } from '../src/backtest/backtest.ts'
import { readEvents } from '../src/backtest/read-events.ts'

/** Decision streams lie beside the repository; they are measured with and never copied into it. */
const STREAMS =
  process.env['BIGHUB_STREAMS'] ?? fileURLToPath(new URL('../../../../shared/data/decisions', import.meta.url))

interface Slice {
  /** Lines read from the beginning of the stream. */
  readonly lines: number
  /** What the reference program gave each line that has a label. */
  readonly probabilities: readonly number[]
}

const SLICES = JSON.parse(readFileSync(new URL('__fixtures__/oracle-rows.json', import.meta.url), 'utf8')) as Readonly<
  Record<string, Slice>
>

function onBadLine(line: number, message: string): never {
  throw new Error(`line ${line}: ${message}`)
}

describe('the model', () => {
  describe.each(Object.entries(SLICES))('on the stream %s', (name, { lines, probabilities }) => {
    const file = `${STREAMS}/${name}.jsonl.gz`
    const reason = existsSync(file) ? '' : ` (skipped: ${name}.jsonl.gz is not at hand; set BIGHUB_STREAMS)`

    it.skipIf(reason !== '')(`gives what the reference program gives, row by row${reason}`, async () => {
      const backtest = new Backtest()
      const given: number[] = []
      for await (const { event } of readEvents(file, { onBadLine })) {
        if (event.type === 'decision' && backtest.decisions === lines) break
        // The reference program has no prior, and its experts count in full from the first outcome on.
        const probability = backtest.add(
          event.type === 'decision'
            ? { ...event, model: { ...event.model, prior: null, earlyOutcomes: 0, hasArgumentFields: false } }
            : event,
        )
        if (event.type === 'decision' && event.label !== null && probability !== null) given.push(probability)
      }
      expect(given.length).toBe(probabilities.length)
      const largest = given.reduce((most, p, row) => Math.max(most, Math.abs(p - (probabilities[row] ?? 2))), 0)
      // The fixture is rounded to nine digits; sums in another order may differ in the fifteenth.
      expect(largest).toBeLessThan(1e-6)
    })
  })
})
