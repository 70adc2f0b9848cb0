// What the snippets of the README take for granted: a client, and a guard.
import type { Guard } from '@bighub/core'

export const client = {
  callTool: async (call: { name: string; arguments?: object }) => ({ content: [{ type: 'text', text: call.name }] }),
  listTools: async () => ({ tools: [{ name: 'refund', inputSchema: { type: 'object' } }] }),
}
export declare const guard: Guard
