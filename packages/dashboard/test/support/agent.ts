// A guarded agent in a process of its own: node agent.ts <server> <key> <file> <order> <amount>. Its one tool writes a line to a file.
import { appendFileSync } from 'node:fs'
import { BighubClient, createGuard } from '@bighub/core'

const [baseUrl = '', apiKey = '', file = '', order = '', amount = ''] = process.argv.slice(2)
await using client = new BighubClient({ baseUrl, apiKey })
const guard = createGuard({ evaluator: client, actor: 'support-agent', domain: 'payments' })
const result = await guard.withRun({ id: `run-${order}` }, () =>
  guard.run(
    {
      tool: 'refund',
      arguments: { order, amount: Number(amount), method: 'gift_card' },
      callId: `call_${order}`,
      takesEdits: true,
      userText: [`Please refund ${amount} of order ${order}.`],
      options: { target: order, mutating: true },
    },
    (args) => {
      // As the guard approved them, which a reviewer may have changed.
      const { order, amount } = args as { readonly order: string; readonly amount: number }
      appendFileSync(file, `${order} ${amount}\n`)
      return `refunded ${amount} of order ${order}`
    },
  ),
)
await guard.close()
console.log(result.status)
