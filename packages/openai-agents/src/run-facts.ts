/** What is known of the SDK runs that a context belongs to. */
export interface RunFacts {
  userText: readonly string[]
  /** Text that names the conversation; once a call was begun under it, it stays. */
  conversation: string | undefined
}

/** Keyed by the SDK's run context, the one thing that all hooks of a run share. */
const facts = new WeakMap<object, RunFacts>()

/** What is known of the run of a context. */
export function factsOf(context: object): RunFacts {
  const known = facts.get(context)
  if (known) return known
  const fresh: RunFacts = { userText: [], conversation: undefined }
  facts.set(context, fresh)
  return fresh
}

/** Makes a context part of a run that is known by another context: a state that was stored comes back with a new one. */
export function adoptFacts(context: object, known: RunFacts): void {
  facts.set(context, known)
}

/**
 * Keeps what the user said in a run. An agent used as a tool starts with the context of its caller and input that a model
 * wrote, which must not pass for the user's: only what goes on from the words known so far counts.
 */
export function keepUserText(context: object, userText: readonly string[]): void {
  const run = factsOf(context)
  if (run.userText.every((text, index) => userText[index] === text)) run.userText = userText
}

/**
 * What the user said in a run, and the text that names its conversation: the user's first message, or where nobody listens
 * (see `followRuns`) a random one, so that each run stands by itself.
 */
export function readRun(context: object): { readonly userText: readonly string[]; readonly conversation: string } {
  const run = factsOf(context)
  run.conversation ??= run.userText[0] ?? crypto.randomUUID()
  return { userText: run.userText, conversation: run.conversation }
}
