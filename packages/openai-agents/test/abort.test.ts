import { describe, expect, it } from 'vitest'
import * as z from 'zod'
import { scriptedModel } from './scripted-model.ts'
import { agentWith, CASES, createStage, type Mode, play, type Seam, type Stage, toolOf } from './stage.ts'

/** Runs an agent whose one tool does something when it starts; says how the run ended. */
async function runJob(
  stage: Stage,
  setup: { seam: Seam; mode: Mode; signal: AbortSignal; onStart: () => unknown },
): Promise<unknown> {
  const job = toolOf(
    setup.seam,
    stage.guard,
  )({
    name: 'job',
    description: 'Works.',
    parameters: z.object({}),
    execute: async () => {
      await setup.onStart()
      return 'worked'
    },
  })
  const agent = agentWith(scriptedModel([['call_1', 'job', {}]]), job)
  return play(setup.mode, agent, 'go', setup.signal).catch((error: unknown) => error)
}

describe.each(CASES)('an abort, guarded by $seam, in mode $mode,', ({ seam, mode }) => {
  it('before the run evaluates nothing', async () => {
    const stage = createStage()
    let started = 0
    await runJob(stage, { seam, mode, onStart: () => started++, signal: AbortSignal.abort() })
    expect(stage.evaluator.requests).toEqual([])
    expect(started).toBe(0)
  })

  it('during the evaluation keeps the tool from starting', async () => {
    const abort = new AbortController()
    const stage = createStage(async () => {
      abort.abort(new Error('the user left'))
      return 'proceed' as const
    })
    let started = 0
    await runJob(stage, { seam, mode, onStart: () => started++, signal: abort.signal })
    expect(stage.evaluator.requests).toHaveLength(1)
    expect(started).toBe(0)
    expect((await stage.settled()).outcomes).not.toContain('SUCCESS')
  })

  it('during the tool leaves the effect unknown and reports no outcome', async () => {
    const abort = new AbortController()
    const stage = createStage()
    const onStart = () => {
      abort.abort(new Error('the user left'))
      throw abort.signal.reason
    }
    await runJob(stage, { seam, mode, onStart, signal: abort.signal })
    expect(await stage.settled()).toEqual({ outcomes: [], effects: ['aborted'] })
  })

  it('during a tool that finishes all the same reports what it did', async () => {
    const abort = new AbortController()
    const stage = createStage()
    await runJob(stage, { seam, mode, onStart: () => abort.abort(new Error('the user left')), signal: abort.signal })
    expect(await stage.settled()).toEqual({ outcomes: ['SUCCESS'], effects: ['succeeded'] })
  })
})

describe.each(['run', 'stream'] as const)('an abort while a callback is asked, in mode %s,', (mode) => {
  it('withdraws the question', async () => {
    const abort = new AbortController()
    const onRequest = (): undefined => abort.abort(new Error('the user left')) as undefined
    const stage = createStage({ job: 'review_recommended' }, { approvals: { onRequest } })
    let started = 0
    await runJob(stage, { seam: 'guardTool', mode, onStart: () => started++, signal: abort.signal })
    expect(started).toBe(0)
    expect((await stage.settled()).outcomes).toEqual(['BLOCKED'])
    expect(await stage.evaluator.getApproval('act_1')).toMatchObject({ status: 'cancelled' })
  })
})

describe.each(CASES)('a sibling that fails the run, guarded by $seam, in mode $mode,', ({ seam, mode }) => {
  it('does not hide how the other call ended', async () => {
    const stage = createStage()
    const create = toolOf(seam, stage.guard)
    const { promise: isOver, resolve } = Promise.withResolvers<void>()
    const fail = create({
      name: 'fail',
      description: '',
      parameters: z.object({}),
      errorFunction: null,
      execute: async () => {
        throw new Error('boom')
      },
    })
    const slow = create({
      name: 'slow',
      description: '',
      parameters: z.object({}),
      execute: async () => {
        await new Promise((done) => setImmediate(done))
        resolve()
        return 'worked'
      },
    })
    const model = scriptedModel([
      ['a', 'fail', {}],
      ['b', 'slow', {}],
    ])
    await expect(play(mode, agentWith(model, fail, slow))).rejects.toThrow('boom')
    await isOver
    await new Promise((done) => setImmediate(done))
    // Where the SDK invokes the tools, all that is known is that they were stopped.
    const { effects } = await stage.settled()
    expect(effects.toSorted()).toEqual(seam === 'guardTool' ? ['failed', 'succeeded'] : ['aborted', 'aborted'])
  })
})
