// What the pages of the docs take for granted: a shop, and what its tools do.
export const refunds: { order: string; amount: number }[] = []

/** The real tool: pays an order back. */
export async function refund(order: string, amount: number): Promise<string> {
  refunds.push({ order, amount })
  return `refunded ${amount} of ${order}`
}

/** What the bank knows of a payment by the key it was made with. */
export const bank = {
  find: async (_key: string): Promise<{ status: 'paid' } | undefined> => ({ status: 'paid' }),
}

/** Whom the application asks. */
export const askAna = async (_question: string): Promise<boolean> => true
