import type { ProvenanceLabel, ToolAnnotations } from '@bighub/core/protocol'

/** What is known about the run that a proposed action belongs to, at the moment it is proposed. */
export interface RunFacts {
  /** Trajectory id; null when the action stands alone. */
  readonly id: string | null
  /** Steps of the run before this one. */
  readonly step: number
  /** The last actions of the run, oldest first, at most 3. */
  readonly previousActions: readonly string[]
  /** Tool errors seen so far. */
  readonly errors: number
  /** How often this same action was proposed before in this run. */
  readonly repeats: number
  /** Calls of this run that were refused so far. */
  readonly refusals: number
  /** Instruction-like phrases seen in tool outputs so far. */
  readonly instructionHits: number
  /**
   * How strongly an argument is tied to instruction-like wording in a tool output: 0 = not at all, 1 = a value comes from an
   * output with a few such words, 2 = from one with many, 3 = from one that carries a strong marker ("ignore previous …").
   */
  readonly taint: 0 | 1 | 2 | 3
  readonly words: RunWords
  /** The run's texts; null where they are not at hand, as after a restart: taint is then all that is known of them. */
  readonly texts: RunTexts | null
}

/** A tool output; null text: it does not read like instructions, so that no value of it taints. */
export interface ToolOutput {
  readonly text: string | null
  readonly isStrong: boolean
}

/** The texts of one run. */
export interface RunTexts {
  readonly outputs: readonly ToolOutput[]
  readonly userText: string
}

/** What was said in a run, as hashes. */
export interface RunWords {
  /** Tool outputs seen so far, and those that carry a strong marker. */
  readonly outputs: number
  readonly strongOutputs: number
  /** Words of the newest output, of all outputs (the newest last, at most 160), of what the user said (at most 100). */
  readonly lastOutput: Uint32Array
  readonly allOutputs: Uint32Array
  readonly user: Uint32Array
  /** Hash of how the user's text begins; 0 without one. */
  readonly userText: number
  /** Sum of the hashes of all actions so far: equal for runs that did the same, in whatever order. */
  readonly actionBag: number
  /** Whether the action before changed something; null when nobody said. */
  readonly lastMutating: boolean | null
}

/** Everything known about a proposed action before it runs. No outcome is in here, and nothing that only exists afterwards. */
export interface ActionFacts {
  readonly action: string
  readonly tool: string
  readonly actor: string
  readonly domain: string | null
  readonly target: string | null
  /** Finite, or null. */
  readonly value: number | null
  /** Whether the tool changes something; null when nobody said. */
  readonly mutating: boolean | null
  /** 0 = cannot be undone, 1 = undone at no cost; null when nobody said. */
  readonly reversibility: number | null
  readonly annotations: ToolAnnotations | null
  /** Argument path → where its value was seen before. */
  readonly provenance: Readonly<Record<string, ProvenanceLabel>>
  readonly arguments: Readonly<Record<string, unknown>>
  /** The application's own context fields. */
  readonly context: Readonly<Record<string, unknown>>
  readonly run: RunFacts
}
