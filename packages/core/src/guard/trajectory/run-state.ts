import { maskText, type Observation, type RunContext } from '../../protocol/index.ts'
import { ProvenanceIndex } from './provenance-index.ts'

/** Longest text of an observation that travels with an evaluation (protocol §7.1). */
const MAX_OBSERVATION = 1500
const MAX_USER_TEXT = 4000
/** Most observations kept for the next evaluation; the oldest go first. */
const MAX_PENDING = 20

export interface RunDescription {
  /** Identifies the run: a thread, a conversation, one execution of an agent. */
  readonly id: string
  /** The run that called this one. */
  readonly parent?: string
  /** What the run is for. */
  readonly goal?: string
}

/** What the guard remembers of one run: steps, words and results since the last evaluation, and where values came from. */
export class RunState {
  readonly id: string
  readonly parent: string | null
  readonly goal: string | null
  readonly #provenance = new ProvenanceIndex()
  readonly #heard = new Set<string>()
  #step = 0
  #userText: string[] = []
  #observations: Observation[] = []

  constructor(description: RunDescription) {
    this.id = description.id
    this.parent = description.parent ?? null
    this.goal = description.goal ?? null
  }

  /** What the user said. The same text again, as frameworks repeat it on every step, is heard once. */
  hear(text: string): void {
    const key = text.length <= 200 ? text : `${text.length}:${text.slice(0, 100)}${text.slice(-100)}`
    if (text === '' || this.#heard.has(key)) return
    if (this.#heard.size < 1000) this.#heard.add(key)
    this.#provenance.addUserText(text)
    this.#userText.push(text)
  }

  /** What a tool returned. */
  observe(observation: {
    text: string
    tool: string
    callId: string | null
    error: boolean
    trusted: boolean | undefined
  }): void {
    this.#provenance.addToolOutput(observation.text)
    this.#observations.push({
      tool: observation.tool,
      text: observation.text,
      error: observation.error,
      ...(observation.callId === null ? {} : { call_id: observation.callId }),
      ...(observation.trusted === undefined ? {} : { trusted: observation.trusted }),
    })
    if (this.#observations.length > MAX_PENDING) this.#observations.shift()
  }

  labelArguments(args: unknown): ReturnType<ProvenanceIndex['labelArguments']> {
    return this.#provenance.labelArguments(args)
  }

  /** `context.run` of the next evaluation; what it carries is not sent again. */
  takeContext(options: { redaction: boolean; storeText: boolean }): RunContext {
    const shorten = (text: string, limit: number): string => {
      const cut = text.length <= limit ? text : `${text.slice(0, limit)}…`
      return options.redaction ? maskText(cut) : cut
    }
    const userText = this.#userText.join('\n')
    const observations = this.#observations.map((each) => {
      const { text = '', ...rest } = each
      return options.storeText ? { ...rest, text: shorten(text, MAX_OBSERVATION) } : rest
    })
    this.#userText = []
    this.#observations = []
    return {
      step: this.#step++,
      ...(this.parent === null ? {} : { parent: this.parent }),
      ...(this.goal === null ? {} : { goal: this.goal }),
      ...(userText === '' || !options.storeText ? {} : { user_text: shorten(userText, MAX_USER_TEXT) }),
      ...(observations.length === 0 ? {} : { observations }),
    }
  }
}
