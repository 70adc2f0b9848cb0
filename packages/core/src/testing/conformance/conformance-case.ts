import type { DecisionApi } from '../../protocol/index.ts'

/** What a case may ask of the set-up that it runs on. */
export interface CaseTools {
  /** Lets time pass. */
  advance(milliseconds: number): void
  /** The same methods without the transcript: for looks at what is under way, which differ from run to run. */
  readonly unrecorded: DecisionApi
}

/**
 * A story told with the methods of the protocol, on an organisation of its own that begins empty. What it calls is written down
 * and compared over set-ups: the engine in process, and the client over the server over each store.
 */
export interface ConformanceCase {
  readonly name: string
  run(api: DecisionApi, tools: CaseTools): Promise<void>
}

/** Calls something that must fail; the transcript says how. */
export async function refused(call: Promise<unknown>): Promise<void> {
  try {
    await call
  } catch {
    return
  }
  throw new Error('a call that must be refused was answered')
}
