// What the snippets of the README take for granted.
export async function refund(order: string, amount: number): Promise<string> {
  return `refunded ${amount} of ${order}`
}
