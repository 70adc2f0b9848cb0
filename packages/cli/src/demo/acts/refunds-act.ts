import { guardTools } from '@bighub/vercel-ai'
import { generateText, stepCountIs, tool } from 'ai'
import { MockLanguageModelV4 } from 'ai/test'
import * as z from 'zod'
import { bold, dim, percent } from '../screen.ts'
import { guardFor, type Stage } from '../stage.ts'

interface Proposal {
  readonly order: string
  readonly amount: number
  readonly method: 'original' | 'gift_card'
  /** What the shop finds out later. */
  readonly isFraud?: boolean
}

const PROPOSALS: readonly Proposal[] = [
  { order: 'A-101', amount: 28, method: 'original' },
  { order: 'A-102', amount: 30, method: 'gift_card', isFraud: true },
  { order: 'A-103', amount: 26, method: 'gift_card', isFraud: true },
  { order: 'A-104', amount: 32, method: 'original' },
  { order: 'A-105', amount: 29, method: 'original' },
  { order: 'A-106', amount: 31, method: 'gift_card', isFraud: true },
  { order: 'A-107', amount: 27, method: 'original' },
  { order: 'A-108', amount: 30, method: 'gift_card', isFraud: true },
  { order: 'A-109', amount: 25, method: 'gift_card', isFraud: true },
  { order: 'A-110', amount: 29, method: 'original' },
  { order: 'A-111', amount: 33, method: 'gift_card', isFraud: true },
  { order: 'A-112', amount: 28, method: 'original' },
  { order: 'A-113', amount: 26, method: 'gift_card', isFraud: true },
  { order: 'A-114', amount: 31, method: 'gift_card', isFraud: true },
]

/** A refund agent on the Vercel AI SDK. Refunds to gift cards turn out to be fraud, and the guard learns to fear just those. */
export async function playRefunds(stage: Stage): Promise<void> {
  const { engine, shop, say } = stage
  const guard = guardFor(stage, 'support-agent', 'customer_transactions')
  const refundOrder = tool({
    description: 'Refunds an order.',
    inputSchema: z.object({ order: z.string(), amount: z.number(), method: z.enum(['original', 'gift_card']) }),
    execute: ({ order, amount }) => shop.refund(order, amount),
  })
  const tools = guardTools(guard, {
    // Whether a refund was right is not known when it is made: the bank tells.
    refund_order: { target: ({ order }) => order, mutating: true, outcome: () => null },
  })({ refund_order: refundOrder })

  const before = await judgeProbes(stage)
  for (const [index, proposal] of PROPOSALS.entries()) {
    const requestIds: string[] = []
    const stop = guard.on(
      'evaluation-end',
      ({ answer }) => void (answer?.request_id && requestIds.push(answer.request_id)),
    )
    await guard.withRun({ id: `refund-${index}` }, () =>
      generateText({
        model: scriptedModel(proposal, index),
        tools,
        stopWhen: stepCountIs(3),
        prompt: `Please refund ${proposal.amount} of order ${proposal.order} (${proposal.method}).`,
      }),
    )
    stop()
    await guard.flush()
    const [requestId] = requestIds
    if (requestId === undefined) continue
    const ran = (await engine.recordsOf(requestId)).some(({ kept }) => kept['state'] === 'succeeded')
    if (!ran) continue
    await engine.reportOutcome(
      proposal.isFraud
        ? { request_id: requestId, status: 'FRAUD', description: 'charged back by the bank' }
        : { request_id: requestId, status: 'SUCCESS', description: 'not disputed' },
    )
    if (proposal.isFraud) say(`    ${dim('… and days later the bank reports: fraud')}`)
  }
  const after = await judgeProbes(stage)
  say('')
  say(`  ${bold('What was learned: the same two refunds, judged before and after')}`)
  for (const [index, name] of ['to the original card', 'to a gift card'].entries())
    say(`    30 ${name.padEnd(20)}  ${before[index]?.padEnd(26)} →  ${after[index]}`)
  await guard.close()
}

/** Judges one proposal of each kind without recording anything. */
async function judgeProbes({ engine }: Stage): Promise<string[]> {
  const judged: string[] = []
  for (const method of ['original', 'gift_card']) {
    const args = { order: 'A-120', amount: 30, method }
    const answer = await engine.evaluate({
      action: 'refund_order',
      actor: 'support-agent',
      domain: 'customer_transactions',
      target: 'A-120',
      value: 30,
      context: { call: { tool: 'refund_order', arguments: args, mutating: true } },
      dry_run: true,
    })
    judged.push(`${percent(answer.risk_score).padStart(5)} ${answer.recommendation}`)
  }
  return judged
}

const USAGE = {
  inputTokens: { total: 0, noCache: 0, cacheRead: 0, cacheWrite: 0 },
  outputTokens: { total: 0, text: 0, reasoning: 0 },
}

/** A model by script: proposes the refund, reads what became of it, and ends. */
function scriptedModel({ order, amount, method }: Proposal, index: number): MockLanguageModelV4 {
  const input = JSON.stringify({ order, amount, method })
  return new MockLanguageModelV4({
    doGenerate: [
      {
        content: [{ type: 'tool-call', toolCallId: `refund_${index}`, toolName: 'refund_order', input }],
        finishReason: { unified: 'tool-calls', raw: undefined },
        usage: USAGE,
        warnings: [],
      },
      {
        content: [{ type: 'text', text: 'Done.' }],
        finishReason: { unified: 'stop', raw: undefined },
        usage: USAGE,
        warnings: [],
      },
    ],
  })
}
