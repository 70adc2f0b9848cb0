import type { Kysely } from 'kysely'
import type { EngineState } from './engine-state.ts'
import type { Operation, Sequencer } from './sequencer.ts'
import type { Storage } from './storage/storage.ts'
import type { Tables } from './storage/tables.ts'

/** What every part of the engine's interface works with. */
export interface EngineCore {
  readonly organisation: string
  readonly storage: Storage
  /** Milliseconds since the epoch. */
  now(): number
  newId(now: number): string
  /** Who claims effects: this process. */
  readonly owner: string
  run<T>(operation: Operation<T>): Promise<T>
  /** The state with everything folded in that was written so far, by any process. */
  state(): Promise<EngineState>
  /** The state as it stands in this process. */
  currentState(): EngineState
  /** A state of which nothing is folded yet, with the bounds of this engine. */
  newState(): EngineState
  /** The tables beside the log with everything in them that the log holds now. */
  projected(): Promise<Kysely<Tables>>
  /** Calls `wake` when a record about the subject is folded; returns a function that stops it. */
  watch(subject: string, wake: () => void): () => void
  /** Calls `listener` after records were appended and folded, by any process; returns a function that stops it. */
  onAppend(listener: () => void): () => void
  sequencer(): Promise<Sequencer>
}
