import type { Peer, PeerPrediction, StreamLine } from './peer.ts'
import { FeatureReader } from './peer-features.ts'
import { type StreamFigures, StreamScore } from './stream-score.ts'

interface Due {
  readonly label: 0 | 1
  readonly predictions: readonly PeerPrediction[]
}

/**
 * Replays a decision stream for peers: every decision with an outcome is predicted and scored, and the outcome of line i is
 * learned right after line i + outcome_delay was predicted. Lines without an outcome are part of their run's course.
 */
export function replayPeers(lines: readonly StreamLine[], peers: readonly Peer[]): Map<string, StreamFigures> {
  const scores = peers.map(() => new StreamScore())
  const due = new Map<number, Due[]>()
  const reader = new FeatureReader()
  for (const [position, line] of lines.entries()) {
    for (const { label, predictions } of due.get(position) ?? [])
      for (const [index, prediction] of predictions.entries())
        scores[index]?.learned(timeOf(() => prediction.learn(label)).ms)
    due.delete(position)
    if (line.bad === 0 || line.bad === 1) {
      const predictions = predict(line, { peers, scores, reader })
      const when = position + 1 + (line.outcome_delay ?? 0)
      due.set(when, [...(due.get(when) ?? []), { label: line.bad, predictions }])
    }
    reader.observe(line)
  }
  return new Map(peers.map((peer, index) => [peer.name, (scores[index] ?? new StreamScore()).result()]))
}

function predict(
  line: StreamLine,
  { peers, scores, reader }: { peers: readonly Peer[]; scores: readonly StreamScore[]; reader: FeatureReader },
): PeerPrediction[] {
  const { value: features, ms: reading } = timeOf(() => reader.read(line))
  const target = line.target == null ? '' : String(line.target)
  const decision = { action: line.action, actor: line.actor ?? '', target, features }
  return peers.map((peer, index) => {
    const { value: prediction, ms } = timeOf(() => peer.predict(decision))
    scores[index]?.predicted(ms + (peer.readsFeatures ? reading : 0))
    scores[index]?.add(prediction.probability, line.bad === 1 ? 1 : 0, line.mutating ?? false)
    return prediction
  })
}

/** A result with the milliseconds that it took. */
export function timeOf<T>(run: () => T): { readonly value: T; readonly ms: number } {
  const started = performance.now()
  const value = run()
  return { value, ms: performance.now() - started }
}
