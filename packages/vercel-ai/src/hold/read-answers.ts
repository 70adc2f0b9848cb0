import type { Message } from '../tool-shape.ts'

/** What a person answered to a call that waited. */
export interface Answer {
  readonly toolCallId: string
  readonly approved: boolean
  readonly reason: string | undefined
}

/** The answers in a history. Requests stand in assistant messages, responses in tool messages; the approval id ties them. */
export function readAnswers(messages: readonly Message[]): Answer[] {
  const parts = messages.flatMap(({ content }) => (Array.isArray(content) ? (content as readonly Part[]) : []))
  const asked = new Map<unknown, unknown>()
  for (const part of parts) if (part?.type === 'tool-approval-request') asked.set(part.approvalId, part.toolCallId)
  return parts.flatMap((part) => {
    if (part?.type !== 'tool-approval-response') return []
    const toolCallId = asked.get(part.approvalId)
    if (typeof toolCallId !== 'string') return []
    const reason = typeof part.reason === 'string' && part.reason !== '' ? part.reason : undefined
    return [{ toolCallId, approved: part.approved === true, reason }]
  })
}

/** The fields of both kinds of approval part. They come back from a client, so nothing about them is certain. */
interface Part {
  readonly type?: unknown
  readonly approvalId?: unknown
  readonly toolCallId?: unknown
  readonly approved?: unknown
  readonly reason?: unknown
}
