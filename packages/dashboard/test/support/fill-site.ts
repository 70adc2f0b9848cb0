import { createServer } from 'node:http'
import type { AddressInfo } from 'node:net'
import type { BighubClient, EvaluateResponse } from '@bighub/core'
import type { Site } from './site.ts'

/** What there is of each thing that has a page of its own. */
export interface Filled {
  readonly pendingId: string
  readonly decisionId: string
  readonly runId: string
  readonly ruleId: string
  readonly webhookId: string
}

/** Orders of the filled site; enough for bins, quadrants and patterns. */
const ORDERS = 160

/** Lets a site have a past: runs, rules and their versions, answers, outcomes and corrections, a webhook, keys. */
export async function fillSite(site: Site): Promise<Filled> {
  const { client } = site
  const receiver = createServer((request, response) => {
    request.resume()
    response.statusCode = 500
    response.end()
  })
  await new Promise<void>((resolve) => receiver.listen(0, '127.0.0.1', resolve))
  const { port } = receiver.address() as AddressInfo
  const hook = await client.webhooks.create({
    url: `http://127.0.0.1:${port}/hook`,
    label: 'pager',
    events: ['kill_switch.activated'],
    max_retries: 0,
  })
  await client.webhooks.test(hook.webhook_id, { event_type: 'approval.created' })
  receiver.close()

  const rule = await client.constraints.create({
    name: 'Large refunds take a person',
    domain: 'payments',
    require_approval_above: 150,
  })
  await client.constraints.update(rule.rule_id, { require_approval_above: 120, max_value: 1000 })
  await client.constraints.create({
    name: 'No deployment at night',
    conditions: { action: 'deploy', hour_gte: 22 },
    action_on_match: 'review',
  })
  await client.apiKeys.create({ label: 'support-agent in production' })
  const { policy } = await client.policy.get()
  await client.policy.update({
    costs: { review: policy.costs.review + 0.02 },
    reason: 'reviews take longer than we thought',
  })

  const decisionId = await playOrders(client)
  await client.insights.learn()
  await client.learning.recompute({ async_mode: false })
  const pending = await evaluate(client, { order: 'A-901', amount: 480, method: 'gift_card', run: 'run-open' })
  await evaluate(client, { order: 'A-902', amount: 210, method: 'original', run: 'run-open' })
  return { pendingId: pending.request_id, decisionId, runId: 'run-7', ruleId: rule.rule_id, webhookId: hook.webhook_id }
}

/** Refunds in runs of a few; those to gift cards mostly turn out to be fraud. Returns a decision with a whole story. */
async function playOrders(client: BighubClient): Promise<string> {
  let storied = ''
  for (let index = 0; index < ORDERS; index++) {
    const method = index % 3 === 0 ? 'gift_card' : 'original'
    const amount = 20 + ((index * 37) % 130)
    const answer = await evaluate(client, {
      order: `A-${100 + index}`,
      amount,
      method,
      run: `run-${Math.floor(index / 4)}`,
    })
    const { request_id } = answer
    if (answer.requires_approval) {
      const resolution = method === 'gift_card' ? 'denied' : 'approved'
      await client.approvals.resolve(request_id, { resolution, comment: 'looked at the order' }).catch(() => undefined)
      if (resolution === 'denied') continue
      storied = request_id
    }
    if (answer.result === 'blocked') continue
    // Two of three gift cards, and every ninth of the others; some are not known yet.
    const isBad = method === 'gift_card' ? index % 2 === 0 : index % 9 === 1
    if (index % 11 === 5) continue
    await client.outcomes.report({ request_id, status: 'SUCCESS' })
    if (isBad)
      await client.outcomes.report({
        request_id,
        status: 'FRAUD',
        description: 'charged back by the bank',
        revenue_impact: -amount,
      })
    if (isBad && storied === '') storied = request_id
  }
  return storied
}

interface Order {
  readonly order: string
  readonly amount: number
  readonly method: string
  readonly run: string
}

function evaluate(client: BighubClient, { order, amount, method, run }: Order): Promise<EvaluateResponse> {
  return client.actions.evaluate({
    action: 'refund_order',
    actor: 'support-agent',
    domain: 'payments',
    target: order,
    value: amount,
    context: {
      trajectory_id: run,
      call: {
        tool: 'refund_order',
        arguments: { order, amount, method },
        mutating: true,
        reversibility: 0.2,
        provenance: { order: 'user', amount: 'user', method: 'tool' },
      },
      run: { user_text: `Please refund ${amount} of order ${order}.` },
    },
  })
}
