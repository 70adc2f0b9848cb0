import { CallRefusedError, type Guard, type RunResult, type ToolOptions } from '@bighub/core'
import type { CautionNotes } from './caution-notes.ts'
import { recordAnswers } from './hold/record-answers.ts'
import { toGuardedCall } from './to-guarded-call.ts'
import type { CallOptions, ExecutableTool } from './tool-shape.ts'

interface GuardExecuteSettings {
  readonly name: string
  readonly options: ToolOptions
  readonly notes: CautionNotes
}

/**
 * The tool's `execute` behind the guard. A generator stays one, so that its parts pass through as they come; any other function
 * becomes an async one, and if it returns something to iterate, the last part is its result.
 *
 * @throws CallRefusedError when the call does not run. The SDK turns it into a tool error, with its text for the model.
 */
export function guardExecute(
  guard: Guard,
  tool: ExecutableTool,
  { name, options, notes }: GuardExecuteSettings,
): ExecutableTool['execute'] {
  const run = (input: unknown, around: CallOptions): unknown => tool.execute(input, around)

  async function begin(input: unknown, around: CallOptions = {}) {
    const begun = await guard.begin(toGuardedCall({ name, input }, around, options))
    if (begun.disposition === 'await_approval') await recordAnswers(guard, around.messages ?? [])
    return begun
  }

  function unwrap<T>(result: RunResult<T>, around: CallOptions | undefined): T {
    if (result.status === 'refused') throw new CallRefusedError(name, result.refusal.message)
    if (result.note !== null && around?.toolCallId) notes.keep(around.toolCallId, result.note)
    return result.value
  }

  if (isGeneratorFunction(tool))
    return async function* execute(input: unknown, around: CallOptions) {
      const begun = await begin(input, around)
      unwrap(yield* begun.stream(() => run(input, around) as AsyncIterable<unknown>), around)
    }

  return async function execute(input: unknown, around: CallOptions) {
    const begun = await begin(input, around)
    return unwrap(await begun.run(async () => lastPart(await run(input, around))), around)
  }
}

/** Wrapping anything else in a generator would show a spurious preliminary result. */
function isGeneratorFunction({ execute }: { readonly execute: object }): boolean {
  return Object.prototype.toString.call(execute) === '[object AsyncGeneratorFunction]'
}

async function lastPart(output: unknown): Promise<unknown> {
  if (typeof output !== 'object' || output === null || !(Symbol.asyncIterator in output)) return output
  let last: unknown
  for await (const part of output as AsyncIterable<unknown>) last = part
  return last
}
