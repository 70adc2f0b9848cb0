import type { GuardedCall } from '@bighub/core'

/** What the tool is called with. */
export interface RefundArguments {
  readonly order: string
  readonly amount: number
  readonly method: 'original' | 'gift_card'
  readonly reason: string
}

/** The arguments of the n-th call: 5,000 targets, 190 amounts, two methods. No randomness, so every run does the same work. */
export function argumentsOf(n: number): RefundArguments {
  return {
    order: `A-${(n * 7919) % 5000}`,
    amount: 10 + ((n * 37) % 190),
    method: n % 9 === 0 ? 'gift_card' : 'original',
    reason: 'the parcel came damaged and the customer sent two photographs of it',
  }
}

/** The n-th call, as an adapter hands it over: runs of eight calls, one instruction of the user's for each. */
export function callOf(n: number): GuardedCall {
  const args = argumentsOf(n)
  return {
    tool: 'refund_order',
    arguments: args,
    callId: `call_${n}`,
    runId: `run_${n >> 3}`,
    options: { mutating: true, target: (each: RefundArguments) => each.order },
    userText: n % 8 === 0 ? [`Please refund ${args.amount} of order ${args.order}.`] : [],
  }
}

/** The tool: as good as nothing, so that what is measured is the guard. Its results are summed up and so never optimised away. */
export function refund(args: RefundArguments): { readonly refunded: number; readonly order: string } {
  return { refunded: args.amount, order: args.order }
}
