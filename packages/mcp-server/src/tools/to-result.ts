import { BighubError } from '@bighub/core/protocol'
import type { CallToolResult } from '@modelcontextprotocol/server'
import type { Tool } from './tool.ts'

/**
 * An answer as text (JSON, two spaces) and as structured content of the declared form, which has to be an object: a list is wrapped
 * as `{ items }` there.
 *
 * @throws BighubError (`answer_invalid`) if the answer has another form; the message holds the answer, since the work is done.
 */
export function toResult(tool: Tool, answer: unknown): CallToolResult {
  const structuredContent = Array.isArray(answer) ? { items: answer } : answer
  const checked = tool.output.safeParse(structuredContent)
  if (!checked.success) throw invalidAnswer(tool, answer, checked.error.issues[0])
  return {
    content: [{ type: 'text', text: JSON.stringify(answer, null, 2) }],
    structuredContent,
  }
}

function invalidAnswer(
  { name }: Tool,
  answer: unknown,
  issue: { readonly path: readonly PropertyKey[]; readonly message: string } | undefined,
): BighubError {
  return new BighubError(
    'answer_invalid',
    `${name} was carried out, so do not repeat it; but its answer has an unknown form (${issue?.path.map(String).join('.')}: ${issue?.message}): ${JSON.stringify(answer)}`,
  )
}
