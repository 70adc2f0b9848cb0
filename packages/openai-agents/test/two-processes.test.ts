import { createGuard } from '@bighub/core'
import { createEngine } from '@bighub/engine'
import { type Agent, RunState } from '@openai/agents'
import { describe, expect, it } from 'vitest'
import { followRuns } from '../src/index.ts'
import { readResults, scriptedModel } from './scripted-model.ts'
import { agentWith, createRefundTool, play, SEAMS, type Seam, toolOf } from './stage.ts'

/** One guard after the other, as two processes have them: only the stored state and the engine's records are the same. */
async function pause(seam: Seam) {
  const engine = createEngine({ file: ':memory:' })
  await engine.constraints.create({ name: 'Refunds', require_approval_above: 50 })
  const ran: number[] = []
  const open = (model = scriptedModel()) => {
    const guard = createGuard({ evaluator: engine })
    const created = createRefundTool(toolOf(seam, guard))
    const agent = followRuns(agentWith(model, created.refund))
    return { guard, agent, model, ran: created.ran }
  }
  const first = open(scriptedModel([['call_1', 'refund', { amount: 80 }]]))
  const { state } = await first.guard.withRun({ id: 'run_1' }, () => play('run', first.agent))
  const text = state.toString()
  async function resume(isApproved: boolean) {
    const { guard, agent, model, ran: own } = open()
    const back = await RunState.fromString<undefined, Agent>(agent, text)
    for (const item of back.getInterruptions())
      if (isApproved) back.approve(item)
      else back.reject(item, { message: 'no' })
    await guard.withRun({ id: 'run_1' }, () => play('run', agent, back))
    await guard.flush()
    ran.push(...own)
    return readResults(model)
  }
  const [approval] = await engine.approvals.list()
  return { engine, ran, resume, approvalId: approval?.request_id ?? '' }
}

describe.each(SEAMS)('a call that another process has shown, guarded by %s', (seam) => {
  it('runs once when it is approved here, and is one decision', async () => {
    const { engine, ran, resume, approvalId } = await pause(seam)
    expect(await resume(true)).toEqual({ call_1: 'refunded 80' })
    expect(await resume(true)).toEqual({ call_1: expect.stringContaining('already started before') })
    expect(ran).toEqual([80])
    expect(await engine.getApproval(approvalId)).toMatchObject({ status: 'approved', consumed_at: expect.any(String) })
    expect(await engine.statistics()).toMatchObject({ decisions: 1 })
  })

  it('does not run when it is declined here', async () => {
    const { engine, ran, resume, approvalId } = await pause(seam)
    expect(await resume(false)).toEqual({ call_1: 'no' })
    expect(ran).toEqual([])
    expect(await engine.getApproval(approvalId)).not.toMatchObject({ status: 'approved' })
  })
})
