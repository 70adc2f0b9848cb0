import * as z from 'zod'

/** Told what a tool did, before it answers. */
export type Note = (line: string) => void

/** What the servers of both lines offer. */
export const AMOUNT = { amount: z.number() }
export const LOOKUP = { description: 'Looks an order up.', annotations: { readOnlyHint: true } }
export const STOCK = ['stock', 'shop://stock', {}] as const

export function createShop(note: Note) {
  return {
    refund: ({ amount }: { amount: number }) => {
      note(`refund ${amount}`)
      return { content: [{ type: 'text' as const, text: `refunded ${amount}` }] }
    },
    lookup: () => ({ content: [{ type: 'text' as const, text: 'A-1' }] }),
    fail: (): never => {
      note('fail')
      throw new Error('the shop is closed')
    },
    /** Runs until it is cancelled. */
    wait: (signal: AbortSignal): Promise<never> => {
      note('wait')
      return new Promise((_, reject) => signal.addEventListener('abort', () => reject(signal.reason as Error)))
    },
    stock: (uri: URL) => ({ contents: [{ uri: uri.href, text: '7 left' }] }),
  }
}
