import { StructuredTool, tool } from '@langchain/core/tools'
import { createAgent } from 'langchain'
import { describe, expect, it } from 'vitest'
import * as z from 'zod'
import { guardMiddleware, guardTools } from '../src/index.ts'
import { callTools, ScriptedModel } from './scripted-model.ts'
import { createStage, say } from './stage.ts'

/** A tool of a class, which LangChain starts whatever the signal says, and one made with `tool()`. */
function createTools(onStart: () => void | Promise<void>) {
  class Job extends StructuredTool {
    override name = 'job'
    override description = 'Works.'
    override schema = z.object({})

    override async _call(): Promise<string> {
      await onStart()
      return 'worked'
    }
  }
  const made = tool(
    async () => {
      await onStart()
      return 'worked'
    },
    { name: 'job', schema: z.object({}) },
  )
  return { 'a class': new Job(), 'tool()': made }
}

type Kind = keyof ReturnType<typeof createTools>
const seams = (['middleware', 'tools'] as const).flatMap((seam) =>
  (['a class', 'tool()'] as const).map((kind) => ({ seam, kind })),
)

/** Runs an agent that is guarded at the given seam; the run's signal comes from the caller. */
async function runAgent(
  stage: ReturnType<typeof createStage>,
  setup: { seam: 'middleware' | 'tools'; kind: Kind; onStart: () => void | Promise<void>; signal: AbortSignal },
): Promise<unknown> {
  const job = createTools(setup.onStart)[setup.kind]
  const isMiddleware = setup.seam === 'middleware'
  const agent = createAgent({
    model: new ScriptedModel(callTools(['call_1', 'job', {}])),
    tools: isMiddleware ? [job] : guardTools(stage.guard)([job]),
    middleware: isMiddleware ? [guardMiddleware(stage.guard)] : [],
  })
  return agent.invoke(say('go'), { signal: setup.signal }).catch((error: unknown) => error)
}

describe.each(seams)('an abort, guarded by $seam, with $kind', ({ seam, kind }) => {
  it('before the run evaluates nothing', async () => {
    const stage = createStage()
    let started = 0
    const result = await runAgent(stage, { seam, kind, onStart: () => void started++, signal: AbortSignal.abort() })
    expect(result).toBeInstanceOf(Error)
    expect(stage.evaluator.requests).toEqual([])
    expect(started).toBe(0)
  })

  it('during the evaluation keeps the tool from starting', async () => {
    const abort = new AbortController()
    let answer: (() => void) | undefined
    const answered = new Promise<void>((resolve) => {
      answer = resolve
    })
    const stage = createStage(async () => {
      abort.abort(new Error('the user left'))
      await answered
      return 'proceed' as const
    })
    let started = 0
    const result = await runAgent(stage, { seam, kind, onStart: () => void started++, signal: abort.signal })
    answer?.()
    await new Promise((resolve) => setImmediate(resolve))
    expect(result).toBeInstanceOf(Error)
    expect(started).toBe(0)
    expect((await stage.settled()).outcomes).not.toContain('SUCCESS')
  })

  it('while a person is asked withdraws the question', async () => {
    const abort = new AbortController()
    const stage = createStage({ job: 'review_recommended' })
    stage.guard.on('approval-request', () => abort.abort(new Error('the user left')))
    let started = 0
    const result = await runAgent(stage, { seam, kind, onStart: () => void started++, signal: abort.signal })
    expect(result).toBeInstanceOf(Error)
    expect(started).toBe(0)
    // The run ends at once; the guard notices a moment later.
    await new Promise((resolve) => setTimeout(resolve, 5))
    expect((await stage.settled()).outcomes).toEqual(['BLOCKED'])
    expect(await stage.evaluator.getApproval('act_1')).toMatchObject({ status: 'cancelled' })
  })

  it('during the tool leaves the effect unknown and reports no outcome', async () => {
    const abort = new AbortController()
    const stage = createStage()
    const onStart = async () => {
      abort.abort(new Error('the user left'))
      await new Promise((resolve) => setTimeout(resolve, 1))
      throw new Error('interrupted')
    }
    const result = await runAgent(stage, { seam, kind, onStart, signal: abort.signal })
    expect(result).toBeInstanceOf(Error)
    await new Promise((resolve) => setTimeout(resolve, 10))
    expect(await stage.settled()).toEqual({ outcomes: [], effects: ['aborted'] })
  })
})
