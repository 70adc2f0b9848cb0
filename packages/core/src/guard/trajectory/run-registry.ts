import type { Carrier, Platform } from '../platform.ts'
import { type RunDescription, RunState } from './run-state.ts'

/** Most runs remembered; the one used longest ago is forgotten first. */
const CAPACITY = 1000

/** The runs a guard knows, by id, and the one that the current code belongs to. */
export class RunRegistry {
  readonly #runs = new Map<string, RunState>()
  readonly #carrier: Carrier<RunState>
  readonly #defaultId: string

  constructor(platform: Platform) {
    this.#carrier = platform.createCarrier()
    this.#defaultId = `run_${platform.randomId()}`
  }

  /** The run of a call: the one named, else the one around it, else the guard's own. */
  find(id: string | undefined): RunState {
    if (id === undefined) return this.#carrier.current() ?? this.#get({ id: this.#defaultId })
    const current = this.#carrier.current()
    return this.#get({ id, ...(current && current.id !== id ? { parent: current.id } : {}) })
  }

  /** Whether the current code belongs to a run. */
  get isInside(): boolean {
    return this.#carrier.current() !== undefined
  }

  /** Runs `fn` as part of a run. Inside another run it becomes that run's child. */
  enter<R>(description: RunDescription, fn: () => R): R {
    const outer = this.#carrier.current()
    const parent = description.parent ?? (outer && outer.id !== description.id ? outer.id : undefined)
    return this.#carrier.run(this.#get({ ...description, ...(parent === undefined ? {} : { parent }) }), fn)
  }

  #get(description: RunDescription): RunState {
    const known = this.#runs.get(description.id)
    const run = known ?? new RunState(description)
    this.#runs.delete(description.id)
    this.#runs.set(description.id, run)
    if (this.#runs.size > CAPACITY) {
      const oldest = this.#runs.keys().next()
      if (!oldest.done) this.#runs.delete(oldest.value)
    }
    return run
  }
}
