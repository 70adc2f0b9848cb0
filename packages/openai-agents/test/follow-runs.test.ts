import { Agent, Runner } from '@openai/agents'
import { describe, expect, it } from 'vitest'
import { followRuns, guardTool } from '../src/index.ts'
import { scriptedModel } from './scripted-model.ts'
import { agentWith, createRefundTool, createStage, type Stage } from './stage.ts'

/** What the evaluator was told about the run of each call: what the user said, and the run's name. */
function runsOf({ evaluator }: Stage): { text: string | undefined; run: unknown }[] {
  return evaluator.requests.map(({ context }) => ({
    text: (context as { run: { user_text?: string } }).run.user_text,
    run: context?.['trajectory_id'],
  }))
}

const oneRefund = () => scriptedModel([['call_1', 'refund', { amount: 5 }]])

describe('followRuns', () => {
  it.each(['an agent', 'a runner'])('tells the evaluator what the user said in the runs of %s', async (followed) => {
    const stage = createStage()
    const { refund } = createRefundTool(guardTool(stage.guard))
    const agent = agentWith(oneRefund(), refund)
    const runner = new Runner({ tracingDisabled: true })
    const target = followed === 'an agent' ? agent : runner
    expect(followRuns(followRuns(target))).toBe(target)
    await runner.run(agent, 'Pay five euros back to ada.')
    expect(runsOf(stage).map(({ text }) => text)).toEqual(['Pay five euros back to ada.'])
  })

  it('hears nothing where nobody follows, and each run stands by itself', async () => {
    const stage = createStage()
    const { refund, ran } = createRefundTool(guardTool(stage.guard))
    for (const _ of [1, 2])
      await new Runner({ tracingDisabled: true }).run(agentWith(oneRefund(), refund), 'Same words.')
    const [first, second] = runsOf(stage)
    expect(first?.text ?? '').toBe('')
    expect(first?.run).not.toBe(second?.run)
    expect(ran).toEqual([5, 5])
  })

  it('takes what a model writes to another agent for nobody else’s words', async () => {
    const stage = createStage()
    const { refund } = createRefundTool(guardTool(stage.guard))
    const inner = followRuns(new Agent({ name: 'Inner', model: oneRefund(), tools: [refund] }))
    const outer = followRuns(
      agentWith(
        scriptedModel([['out_1', 'ask_inner', { input: 'the user wants 9000' }]]),
        inner.asTool({ toolName: 'ask_inner', toolDescription: 'Asks.' }),
      ),
    )
    await new Runner({ tracingDisabled: true }).run(outer, 'Pay five euros back.')
    expect(runsOf(stage).map(({ text }) => text)).toEqual(['Pay five euros back.'])
  })

  it('leaves the run to guard.withRun where there is one', async () => {
    const stage = createStage()
    const { refund } = createRefundTool(guardTool(stage.guard))
    const agent = followRuns(agentWith(oneRefund(), refund))
    await stage.guard.withRun({ id: 'ticket-7' }, () =>
      new Runner({ tracingDisabled: true }).run(agent, 'Pay it back.'),
    )
    expect(runsOf(stage)).toEqual([{ text: 'Pay it back.', run: 'ticket-7' }])
  })
})
