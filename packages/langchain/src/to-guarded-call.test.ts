import { AIMessage, HumanMessage } from '@langchain/core/messages'
import { describe, expect, it } from 'vitest'
import { readMessages, toGuardedCall } from './to-guarded-call.ts'

const call = { id: 'call_1', name: 'refund', args: { amount: 1 } }

describe('toGuardedCall', () => {
  it('takes the thread for the run, then the conversation, then leaves it to the guard', () => {
    const messages = [new HumanMessage({ id: 'first', content: 'hi' })]
    const runId = (around: Partial<Parameters<typeof toGuardedCall>[1]>) =>
      toGuardedCall(call, { messages: [], ...around }, {}).runId
    expect(runId({ configurable: { thread_id: 'thread_1' }, messages })).toBe('thread_1')
    expect(runId({ configurable: { thread_id: 7 }, messages })).toBe('7')
    expect(runId({ configurable: {}, messages })).toBe('first')
    expect(runId({})).toBeUndefined()
  })

  it('takes an empty id for none, since all calls without one would be the same', () => {
    expect(toGuardedCall({ ...call, id: '' }, { messages: [] }, {}).callId).toBeUndefined()
  })

  it('hands on what the user said, in whatever form', () => {
    const messages = [
      new HumanMessage('one'),
      new AIMessage('not this'),
      new HumanMessage({ content: [{ type: 'text', text: 'two' }] }),
    ]
    expect(toGuardedCall(call, { messages }, {}).userText).toEqual(['one', 'two'])
  })
})

describe('readMessages', () => {
  it('reads a list, a state with messages, and nothing out of anything else', () => {
    const message = new HumanMessage('hi')
    expect(readMessages([message, 'text'])).toEqual([message])
    expect(readMessages({ messages: [message] })).toEqual([message])
    for (const state of [undefined, null, 'text', {}, { messages: 'text' }]) expect(readMessages(state)).toEqual([])
  })
})
