import { readEvents } from '@bighub/engine'
import { EngineState } from '../../../packages/engine/src/engine-state.ts'
import { judge } from '../../../packages/engine/src/evaluate/evaluate.ts'
import { readRecord } from '../../../packages/engine/src/risk/prediction-record.ts'
import { streamNameOf } from '../find-streams.ts'
import type { Family } from './fit-prior.ts'

/** Most decisions of a stream that are learned from, spread evenly over it. */
const MOST_DECISIONS = 1000

/** Family of each stream: a stream whose name begins with another's and an underscore is of the same origin. */
export function familyOf(stream: string, streams: readonly string[]): string {
  return streams.find((other) => stream.startsWith(`${other}_`)) ?? stream
}

/** General features and outcomes of the decisions of all streams, by family. */
export async function readFamilies(files: readonly string[]): Promise<Family[]> {
  const names = files.map(streamNameOf)
  const families = new Map<string, { name: string; rows: Float32Array[]; labels: (0 | 1)[] }>()
  for (const file of files) {
    const name = familyOf(streamNameOf(file), names)
    const family = families.get(name) ?? { name, rows: [], labels: [] }
    families.set(name, family)
    const { rows, labels } = await readDecisions(file)
    // A family of two streams has no more say than another.
    const most = MOST_DECISIONS / names.filter((other) => familyOf(other, names) === name).length
    const stride = Math.max(1, rows.length / most)
    for (let at = 0; at < rows.length; at += stride) {
      const [row, label] = [rows[Math.floor(at)], labels[Math.floor(at)]]
      if (row === undefined || label === undefined) continue
      family.rows.push(row)
      family.labels.push(label)
    }
  }
  return [...families.values()]
}

/** Whether a stream's calls are those of agents: tools answered them. */
export async function hasToolOutputs(file: string): Promise<boolean> {
  for await (const { event } of readEvents(file, { onBadLine: () => {} }))
    if (event.type === 'decision' && event.request.run.observations?.some(({ text }) => text)) return true
  return false
}

/** Features as they are when decisions follow each other; no outcome is learned on the way. */
async function readDecisions(file: string): Promise<Omit<Family, 'name'>> {
  const state = new EngineState({ model: { prior: null, ageUnit: 'decisions', keepsFieldOrder: true } })
  const rows: Float32Array[] = []
  const labels: (0 | 1)[] = []
  const onBadLine = (line: number, message: string): never => {
    throw new Error(`${file}:${line}: ${message}`)
  }
  for await (const { event } of readEvents(file, { onBadLine })) {
    if (event.type !== 'decision') continue
    const { kept } = judge(event.request, state, event.at)
    state.apply({ type: 'evaluation', at: event.at, subject: event.key, kept: { ...kept } })
    const { trajectoryId, run } = event.request
    if (trajectoryId !== null) state.texts.hear(trajectoryId, run)
    const record = readRecord(kept.prediction)
    if (event.label === null || record === null) continue
    rows.push(record.features.general)
    labels.push(event.label)
  }
  return { rows, labels }
}
