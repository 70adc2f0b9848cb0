import type { PeerFeatures } from './peer-features.ts'

/** What a line of a stream says before its call, and what comes of it; the latter is for the replay alone. */
export interface StreamLine {
  readonly action: string
  readonly actor?: string | null
  readonly domain?: string | null
  readonly target?: string | number | boolean | null
  readonly value?: number | null
  readonly mutating?: boolean | null
  readonly arguments?: Readonly<Record<string, unknown>> | null
  readonly context?: Readonly<Record<string, unknown>> | null
  readonly provenance?: Readonly<Record<string, string>> | null
  readonly trajectory_id?: string | number | null
  readonly step?: number | null
  readonly observation?: string | null
  readonly tool_error?: boolean | null
  readonly bad?: 0 | 1 | null
  readonly outcome_delay?: number | null
}

/** What a peer is told of a decision. */
export interface PeerDecision {
  readonly action: string
  readonly actor: string
  readonly target: string
  readonly features: PeerFeatures
}

/** A prediction that can learn what came of it, once, whenever that is known. */
export interface PeerPrediction {
  /** In (0, 1): that the outcome will be negative. */
  readonly probability: number
  learn(label: 0 | 1): void
}

/** Another way to estimate the same probability, replayed by the same rules as the engine. */
export interface Peer {
  readonly name: string
  /** How it is set, in words: what one needs to build it again. */
  readonly settings: string
  /** Where its form comes from. */
  readonly source: string
  /** Whether it looks at more than names: the time to read the fields is then its own. */
  readonly readsFeatures: boolean
  predict(decision: PeerDecision): PeerPrediction
}
