import { statSync } from 'node:fs'
import type { EvaluateRequest } from '@bighub/core'
import { createEngine } from '@bighub/engine'
import { type Figures, Samples, tenth } from './samples.ts'
import { callOnce, guardAlone, newGuard, unguarded, type Variant, wholePath } from './variants.ts'

/** Calls of each variant in a row before the next variant has its turn. */
const BLOCK = 100
/** Calls of each variant before anything is counted. */
const WARM_UP = 2000
/** Calls in a window at the start and at the end. */
const WINDOW = 4000
/** Fewer calls where each waits for the disk. */
const POWER_WINDOW = 600
const CONCURRENT = 64

export interface Window {
  readonly variant: string
  /** Until the tool's result was handed back. */
  readonly waited: Figures
  /** From there until settlement and outcome were written. */
  readonly after?: Figures
}

export interface CallFigures {
  readonly calls: number
  readonly start: readonly Window[]
  readonly end: readonly Window[]
  /** Median of each tenth of the calls, in µs: flat if nothing grows. */
  readonly tenths: readonly number[]
  /** What the evaluator took of a guarded call, in the last window. */
  readonly evaluator: Figures
  readonly concurrent: { readonly callers: number; readonly waited: Figures; readonly calls_per_second: number }
  readonly rss_mb: { readonly start: number; readonly end: number }
  readonly file_mb: number
  /** Sum over the results, so that no call could be left out. */
  readonly checksum: number
}

/**
 * The guarded call and what stands beside it, in turns, first with an empty log and again when it holds `calls` decisions.
 *
 * @param say - Told what is being done.
 */
export async function measureCalls(folder: string, calls: number, say: (text: string) => void): Promise<CallFigures> {
  let checksum = 0
  const onResult = (amount: number): void => void (checksum += amount)
  const whole = wholePath(`${folder}/process.db`, 'process', onResult)
  const power = wholePath(`${folder}/power.db`, 'power', onResult)
  const others = [unguarded(onResult), guardAlone(onResult)]
  const counters = new Map<Variant, number>()
  const tenths = Array.from({ length: 10 }, () => new Samples())

  const next = async (variant: Variant): Promise<number> => {
    const n = counters.get(variant) ?? 0
    counters.set(variant, n + 1)
    const waited = await variant.call(n)
    if (variant === whole && n >= WARM_UP) tenths[Math.min(9, Math.floor((10 * n) / calls))]?.add(waited)
    return waited
  }
  const inTurns = async (window: number, powerWindow: number): Promise<Window[]> => {
    const found = new Map<Variant, Samples>([...others, whole, power].map((variant) => [variant, new Samples()]))
    const after = [whole.afterResult.count, power.afterResult.count] as const
    for (let done = 0; done < window; done += BLOCK)
      for (const [variant, samples] of found) {
        if (variant === power && done >= powerWindow) continue
        for (let each = 0; each < BLOCK; each++) samples.add(await next(variant))
      }
    const tails = new Map<Variant, Figures>([
      [whole, whole.afterResult.since(after[0]).figures()],
      [power, power.afterResult.since(after[1]).figures()],
    ])
    return [...found].map(([variant, samples]) => {
      const tail = tails.get(variant)
      const waited = { variant: variant.name, waited: samples.figures() }
      return tail ? Object.assign(waited, { after: tail }) : waited
    })
  }

  say('warming up')
  await inTurns(WARM_UP, BLOCK)
  const rssAtStart = residentMb()
  say('start')
  const start = await inTurns(WINDOW, POWER_WINDOW)
  while ((counters.get(whole) ?? 0) < calls - WINDOW) {
    const done = counters.get(whole) ?? 0
    if (done % 10_000 === 0) say(`${done} of ${calls} calls`)
    await next(whole)
  }
  say('end')
  const before = whole.evaluator.count
  const end = await inTurns(WINDOW, POWER_WINDOW)
  say(`${CONCURRENT} callers`)
  const concurrent = await measureConcurrent(`${folder}/concurrent.db`, onResult)
  const evaluator = whole.evaluator.since(before).figures()
  const { records } = await whole.engine.statistics()
  // Evaluation, settlement, outcome.
  if (records !== 3 * (counters.get(whole) ?? 0)) throw new Error(`${records} records for ${calls} calls`)
  for (const variant of [...others, whole, power]) await variant.close()
  return {
    calls: counters.get(whole) ?? 0,
    start,
    end,
    tenths: tenths.map((samples) => tenth(samples.quantile(0.5))),
    evaluator,
    concurrent,
    rss_mb: { start: rssAtStart, end: residentMb() },
    file_mb: Math.round(statSync(`${folder}/process.db`).size / 2 ** 20),
    checksum,
  }
}

/** Many callers at once, each waiting for its own call: one disk sync serves all that wait. */
async function measureConcurrent(file: string, onResult: (amount: number) => void): Promise<CallFigures['concurrent']> {
  const engine = createEngine({ file, durability: 'power' })
  const guard = newGuard(engine)
  const samples = new Samples()
  const each = POWER_WINDOW / 10
  let started = 0
  let n = 0
  // An engine that knows no outcome yet may hold a large refund.
  while (n < 10 * CONCURRENT) await callOnce(guard, n++, onResult)
  for (const isCounted of [false, true]) {
    started = performance.now()
    await Promise.all(
      Array.from({ length: CONCURRENT }, async () => {
        for (let call = 0; call < each; call++) {
          const waited = await callOnce(guard, n++, onResult)
          if (isCounted) samples.add(waited)
        }
      }),
    )
    await guard.flush()
  }
  const seconds = (performance.now() - started) / 1000
  await guard.close()
  await engine.close()
  return {
    callers: CONCURRENT,
    waited: samples.figures(),
    calls_per_second: Math.round((CONCURRENT * each) / seconds),
  }
}

/** Requests as a guard really sends them. */
export async function recordRequests(count: number): Promise<EvaluateRequest[]> {
  const requests: EvaluateRequest[] = []
  const alone = guardAlone(() => undefined)
  alone.onRequest((request) => void requests.push(request))
  for (let n = 0; n < count; n++) await alone.call(n)
  await alone.close()
  return requests
}

function residentMb(): number {
  return Math.round(process.memoryUsage.rss() / 2 ** 20)
}
