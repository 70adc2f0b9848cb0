import { createReadStream } from 'node:fs'
import { createInterface } from 'node:readline'
import { createGunzip } from 'node:zlib'
import { DecisionMetrics, type MetricsResult } from '@bighub/engine'
import type { Peer } from './peers.ts'

interface StreamLine {
  readonly action: string
  readonly bad?: 0 | 1 | null
  readonly outcome_delay?: number | null
}

interface Due {
  readonly line: StreamLine
  readonly label: 0 | 1
}

/**
 * Replays a decision stream for peers: every line is predicted, those with an outcome are scored, and the outcome of line i is
 * learned right after line i + outcome_delay was predicted. Lines that are no decision are passed over, as the engine does.
 */
export async function replayPeers(file: string, peers: readonly Peer[]): Promise<ReadonlyMap<string, MetricsResult>> {
  const metrics = new Map(peers.map((peer) => [peer, new DecisionMetrics()]))
  const due = new Map<number, Due[]>()
  let position = 0
  for await (const line of readStream(file)) {
    for (const { line: earlier, label } of due.get(position) ?? []) for (const peer of peers) peer.learn(earlier, label)
    due.delete(position)
    if (line.bad === 0 || line.bad === 1) {
      for (const [peer, figures] of metrics) figures.add(peer.predict(line), line.bad)
      const when = position + 1 + (line.outcome_delay ?? 0)
      due.set(when, [...(due.get(when) ?? []), { line: { action: line.action }, label: line.bad }])
    }
    position++
  }
  return new Map([...metrics].map(([peer, figures]) => [peer.name, figures.result()]))
}

async function* readStream(file: string): AsyncGenerator<StreamLine, void, void> {
  const raw = createReadStream(file)
  const input = file.endsWith('.gz') ? raw.pipe(createGunzip()) : raw
  for await (const text of createInterface({ input, crlfDelay: Number.POSITIVE_INFINITY })) {
    const line = readLine(text)
    if (line) yield line
  }
}

function readLine(text: string): StreamLine | null {
  try {
    const value = JSON.parse(text) as StreamLine
    return typeof value.action === 'string' && value.action !== '' ? value : null
  } catch {
    return null
  }
}
