import { createGuard } from '@bighub/core'
import { createEngine } from '@bighub/engine'
import type { ModelMessage } from 'ai'
import { describe, expect, it } from 'vitest'
import { guardTools } from '../src/index.ts'
import { scriptedModel, toolCall } from './scripted-model.ts'
import { answered, askedFor, createRefundTool, play } from './stage.ts'

/** One guard after the other, as two processes have them: only the history and the engine's records are the same. */
async function pause() {
  const engine = createEngine({ file: ':memory:' })
  await engine.constraints.create({ name: 'Refunds', require_approval_above: 50 })
  const { refund, ran } = createRefundTool()
  const open = () => {
    const guard = createGuard({ evaluator: engine })
    return guardTools(guard)({ refund })
  }
  const model = scriptedModel([toolCall('call_1', 'refund', { amount: 80 })])
  const paused = await play('generateText', { model, tools: open() })
  const [request] = askedFor(paused)
  if (!request) throw new Error('the SDK did not pause')
  const historyWith = (approved: boolean): ModelMessage[] =>
    answered(paused, [{ approvalId: request.approvalId, approved, reason: 'said so' }])
  const resume = (messages: ModelMessage[]) => play('generateText', { model: scriptedModel(), tools: open(), messages })
  const [approval] = await engine.approvals.list()
  return { engine, ran, historyWith, resume, approvalId: approval?.request_id ?? '' }
}

describe('a call that another process has shown', () => {
  it('runs once when it is approved here, and is one decision', async () => {
    const { engine, ran, historyWith, resume, approvalId } = await pause()
    await resume(historyWith(true))
    await resume(historyWith(true))
    expect(ran).toEqual([80])
    expect(await engine.getApproval(approvalId)).toMatchObject({ status: 'approved', comment: 'said so' })
    expect(await engine.statistics()).toMatchObject({ decisions: 1 })
  })

  it('does not run when it is declined here', async () => {
    const { engine, ran, historyWith, resume } = await pause()
    await resume(historyWith(false))
    expect(ran).toEqual([])
    expect(await engine.approvals.list({ status: 'approved' })).toEqual([])
  })

  it('does not run with other arguments than the person saw', async () => {
    const { engine, ran, historyWith, resume } = await pause()
    const forged = JSON.parse(JSON.stringify(historyWith(true)).replaceAll('"amount":80', '"amount":8000'))
    await resume(forged as ModelMessage[])
    expect(ran).toEqual([])
    expect(await engine.approvals.list({ status: 'approved' })).toEqual([])
  })
})
