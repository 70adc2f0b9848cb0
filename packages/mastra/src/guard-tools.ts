import { CallRefusedError, type Guard, type ToolOptions, type ToolOptionsByName, toolOptionsFor } from '@bighub/core'
import { isGuarded, markGuarded } from './guarded-mark.ts'
import { toGuardedCall } from './to-guarded-call.ts'
import { type ExecutableTool, isExecutable, type Suspend, type ToolContext } from './tool-shape.ts'

/**
 * Guards the tools of a Mastra agent. A refused call ends as a tool error whose text the model reads; a held one waits in this
 * process for its person.
 *
 * What comes back is a new set of the same type; the tools given stay as they are. A tool that this guard guards already comes
 * back unchanged. So does one without `execute`, which `guard.coverage()` names.
 *
 * @param toolOptions - What the guard should know about tools, by the name in the set.
 * @returns a function from a set of tools to the guarded one.
 */
export function guardTools(
  guard: Guard,
  toolOptions: ToolOptionsByName = {},
): <Tools extends Readonly<Record<string, unknown>>>(tools: Tools) => Tools {
  // Each tool is replaced by a copy of itself under its name, so the set keeps its type.
  return <Tools extends Readonly<Record<string, unknown>>>(tools: Tools) =>
    Object.fromEntries(
      Object.entries(tools).map(([name, tool]) => [
        name,
        guardTool(guard, name, tool, toolOptionsFor(toolOptions, name)),
      ]),
    ) as Tools
}

function guardTool(guard: Guard, name: string, tool: unknown, options: ToolOptions): unknown {
  if (!isExecutable(tool)) {
    guard.cover(name, 'has no execute function: the client or the model provider runs it')
    return tool
  }
  if (isGuarded(guard, tool)) return tool
  // With its prototype, since Mastra tells its own tools by it.
  const guarded = Object.create(
    Object.getPrototypeOf(tool) as object,
    Object.getOwnPropertyDescriptors(tool),
  ) as ExecutableTool
  const annotations = options.annotations ?? tool.mcp?.annotations
  const execute = guardExecute(guard, tool, name, annotations ? { ...options, annotations } : options)
  Object.defineProperty(guarded, 'execute', { value: execute, configurable: true, enumerable: true, writable: true })
  markGuarded(guard, guarded)
  guard.cover(name)
  return guarded
}

/** @throws CallRefusedError when the call does not run. Mastra turns it into a tool error, with its text for the model. */
function guardExecute(
  guard: Guard,
  tool: ExecutableTool,
  name: string,
  options: ToolOptions,
): ExecutableTool['execute'] {
  return async (input, context = {}) => {
    // Mastra has words of its own for input that does not fit; there is nothing to judge.
    const fitting = await fit(tool, input)
    if (!fitting) return tool.execute(input, context)
    const begun = await guard.begin(toGuardedCall({ name, input: fitting.value }, context, options))
    const pause = new Pause()
    try {
      const run = async (args: unknown): Promise<unknown> => {
        // Mastra reads the input once more, so the tool gets it as it came unless a reviewer has changed it.
        const given = args === fitting.value ? input : args
        return pause.after(await tool.execute(given, pause.watch(context)))
      }
      const result = await begun.run(run, (error) => error === pause)
      if (result.status === 'refused') throw new CallRefusedError(name, result.refusal.message)
      return result.note === null ? result.value : withNote(result.value, result.note)
    } catch (error) {
      if (error === pause) return pause.value
      throw error
    }
  }
}

async function fit({ inputSchema }: ExecutableTool, input: unknown): Promise<{ readonly value: unknown } | undefined> {
  const validate = inputSchema?.['~standard']?.validate
  if (!validate) return { value: input }
  const result = (await validate(input)) as { readonly issues?: readonly unknown[]; readonly value: unknown }
  return result.issues ? undefined : { value: result.value }
}

/** Text gets the note behind it; data stay as they are, since a schema or `toModelOutput` may meet them. */
function withNote(output: unknown, note: string): unknown {
  return typeof output === 'string' ? `${output}\n\n${note}` : output
}

/** A tool that suspends returns like any other; Mastra calls it again on resume. It is a pause of the call, not its end. */
class Pause extends Error {
  value: unknown
  #isSuspended = false

  /** The context, with a `suspend` that is noticed. */
  watch(context: ToolContext): ToolContext {
    const { agent, suspend } = context
    return {
      ...context,
      ...(suspend ? { suspend: this.#notice(suspend) } : {}),
      ...(agent?.suspend ? { agent: { ...agent, suspend: this.#notice(agent.suspend) } } : {}),
    }
  }

  /** @throws itself if the tool has suspended. */
  after(value: unknown): unknown {
    this.value = value
    if (this.#isSuspended) throw this
    return value
  }

  #notice(suspend: Suspend): Suspend {
    return (...args) => {
      this.#isSuspended = true
      return suspend(...args)
    }
  }
}
