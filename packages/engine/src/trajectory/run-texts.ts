import type { RunContext } from '@bighub/core/protocol'
import type { RunTexts, ToolOutput } from '../features/action-facts.ts'
import { countInstructionWords, hasStrongMarker } from '../features/instruction-wording.ts'

/** Most outputs of a run that are looked through, the newest; most of a user's text. */
const MAX_OUTPUTS = 12
const MAX_USER_TEXT = 16_000
/** Runs whose texts are remembered; the one that spoke longest ago is forgotten first. */
const MAX_RUNS = 2000

/**
 * The texts of the runs in flight. They are words, so they are no part of the fold and of no snapshot: after a restart the runs
 * that were in flight have none, and the taint of their values rests on the hashed words of the trajectory book.
 */
export class RunTextBook {
  readonly #runs = new Map<string, RunTexts>()

  /** A run's texts with what its newest request says; null if the run has spoken before and its texts are not at hand. */
  after(id: string | null, step: number, run: RunContext): RunTexts | null {
    const known = id === null ? undefined : this.#runs.get(id)
    if (!known && step > 0) return null
    return known || run.observations || run.user_text ? extend(known ?? NOTHING, run) : NOTHING
  }

  hear(id: string, run: RunContext): void {
    const known = this.#runs.get(id) ?? NOTHING
    this.#runs.delete(id)
    this.#runs.set(id, extend(known, run))
    if (this.#runs.size <= MAX_RUNS) return
    const oldest = this.#runs.keys().next()
    if (!oldest.done) this.#runs.delete(oldest.value)
  }
}

const NOTHING: RunTexts = { outputs: [], userText: '' }

function extend({ outputs, userText }: RunTexts, run: RunContext): RunTexts {
  const heard = run.observations?.flatMap(({ text = '', trusted }) => (text === '' ? [] : [toOutput(text, trusted)]))
  return {
    outputs: heard && heard.length > 0 ? [...outputs, ...heard].slice(-MAX_OUTPUTS) : outputs,
    userText: run.user_text ? (userText + run.user_text).slice(-MAX_USER_TEXT) : userText,
  }
}

/** What trusted tools return is data. */
function toOutput(text: string, trusted: boolean | undefined): ToolOutput {
  const isStrong = hasStrongMarker(text)
  const reads = !trusted && (isStrong || countInstructionWords(text) >= 2)
  return { text: reads ? text : null, isStrong }
}
