import { deserialize, serialize } from 'node:v8'
import { RETRIEVAL_STRATEGIES } from '@bighub/core/protocol'
// The index is nobody's interface; only a look inside can say what it costs.
import { randomFrom } from '../../packages/engine/src/math/random-from.ts'
import { type PrecedentCase, toComparable } from '../../packages/engine/src/precedents/precedent-case.ts'
import { PrecedentIndex, type PrecedentSearch } from '../../packages/engine/src/precedents/precedent-index.ts'
import { weightsOf } from '../../packages/engine/src/precedents/strategies.ts'
import { digestOfState } from '../../packages/engine/src/state-digest.ts'
import { Samples, tenth } from '../speed/samples.ts'
import type { SetReport, StrategyReport } from './report.ts'

/** When the questions are asked: after the last case. */
const NOW = Date.parse('2027-01-01T00:00:00Z')
const BAD_RATE = 0.05
/** Questions asked before the clock runs. */
const WARM_UP = 50

export interface SetOptions {
  readonly name: string
  readonly cases: number
  /** Questions whose time is taken, and those among them that are also answered by comparing all. */
  readonly queries: number
  readonly exactQueries: number
  /** A new case; `progress` in [0, 1] says how late it is. */
  readonly makeCase: (progress: number) => PrecedentCase
}

/** Fills an index and asks it. */
export function measureSet({ name, cases, queries, exactQueries, makeCase }: SetOptions): SetReport {
  const index = new PrecedentIndex(cases)
  const inserts = fill(index, cases, makeCase)
  const asked = Array.from({ length: queries }, () => makeCase(1))
  return {
    set: name,
    cases: index.size,
    actions: index.actions,
    insert_us: inserts,
    memory_mb: tenth(index.bytes / 1e6),
    bytes_a_case: Math.round(index.bytes / index.size),
    retrieve_us: timeOf(asked, (own) => index.retrieve(own, { at: NOW, medianValue: 100 })).figures(),
    strategies: RETRIEVAL_STRATEGIES.map((strategy): StrategyReport => {
      const search = (own: PrecedentCase): PrecedentSearch => ({
        weights: weightsOf(strategy),
        scale: { spread: index.spread(own.action), medianValue: 100, now: NOW },
        limit: 10,
      })
      const ask = (own: PrecedentCase) => index.search(toComparable(own), search(own))
      const times = timeOf(asked, ask)
      const before = process.cpuUsage()
      for (const own of asked) ask(own)
      const { user, system } = process.cpuUsage(before)
      const scans = new Samples()
      const recalls = asked.slice(0, exactQueries).map((own) => {
        const started = performance.now()
        const exact = index.scan(toComparable(own), search(own))
        scans.add(performance.now() - started)
        const least = exact.at(-1)?.score ?? 0
        return ask(own).filter(({ score }) => score >= least).length / exact.length
      })
      return {
        strategy,
        top_10_us: times.figures(),
        top_10_cpu_us: tenth((user + system) / asked.length),
        recall_at_10: recalls.reduce((sum, recall) => sum + recall, 0) / recalls.length,
        exact_scan_ms: tenth(scans.quantile(0.5) / 1000),
      }
    }),
    snapshot: measureSnapshot(index, asked),
  }
}

function fill(index: PrecedentIndex, cases: number, makeCase: SetOptions['makeCase']): SetReport['insert_us'] {
  const random = randomFrom(2)
  const samples = new Samples()
  let [sum, longest] = [0, 0]
  for (let n = 0; n < cases; n++) {
    const made = makeCase(n / cases)
    const label = random() < BAD_RATE ? 1 : 0
    const started = performance.now()
    index.record(made, `act_${String(n).padStart(25, '0')}`, label === 1 ? 'FAILURE' : 'SUCCESS', label)
    const spent = performance.now() - started
    samples.add(spent)
    sum += spent
    longest = Math.max(longest, spent)
  }
  return { ...samples.figures(), mean: tenth((sum / cases) * 1000), longest_ms: tenth(longest) }
}

function timeOf(asked: readonly PrecedentCase[], ask: (own: PrecedentCase) => unknown): Samples {
  const samples = new Samples()
  for (const own of asked.slice(0, WARM_UP)) ask(own)
  for (const own of asked) {
    const started = performance.now()
    ask(own)
    samples.add(performance.now() - started)
  }
  return samples
}

function measureSnapshot(index: PrecedentIndex, asked: readonly PrecedentCase[]): SetReport['snapshot'] {
  const started = performance.now()
  const bytes = serialize(index.snapshot())
  const taken = performance.now()
  const other = new PrecedentIndex()
  other.restore(deserialize(bytes))
  const restored = performance.now()
  const answersOf = (of: PrecedentIndex): string =>
    JSON.stringify(asked.map((own) => of.retrieve(own, { at: NOW, medianValue: 100 })))
  return {
    megabytes: tenth(bytes.byteLength / 1e6),
    take_ms: tenth(taken - started),
    restore_ms: tenth(restored - taken),
    equal: digestOfState(other.snapshot()) === digestOfState(index.snapshot()) && answersOf(other) === answersOf(index),
  }
}
