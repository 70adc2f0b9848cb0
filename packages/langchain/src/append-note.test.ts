import { ToolMessage } from '@langchain/core/messages'
import { Command } from '@langchain/langgraph'
import { describe, expect, it } from 'vitest'
import { appendNote } from './append-note.ts'

const message = (id: string) => new ToolMessage({ content: `result of ${id}`, tool_call_id: id })

describe('appendNote', () => {
  it('is all there is to read behind an empty text', () => {
    expect(appendNote('', 'note', undefined)).toBe('note')
  })

  it.each([
    ['a record', (messages: ToolMessage[]) => ({ messages, count: 3 })],
    [
      'a list of entries',
      (messages: ToolMessage[]) => [['messages', messages] as [string, unknown], ['count', 3] as [string, unknown]],
    ],
  ])('changes only the message of its own call in a command that updates %s', (_, update) => {
    const messages = [message('call_1'), message('call_2')]
    const command = new Command({ goto: 'next', update: update(messages) })
    const noted = appendNote(command, 'note', 'call_2') as Command
    expect(noted).toBeInstanceOf(Command)
    expect(noted.goto).toEqual(['next'])
    const written = JSON.stringify(noted.update)
    expect(written).toContain(String.raw`result of call_2\n\nnote`)
    expect(written).not.toContain(String.raw`result of call_1\n\nnote`)
    expect(messages[1]?.text).toBe('result of call_2')
  })

  it('leaves a command alone that updates nothing', () => {
    expect((appendNote(new Command({ goto: 'next' }), 'note', 'call_1') as Command).update).toBeUndefined()
  })

  it.each([[undefined], [null], [7], [{ total: 3 }], [[]], [[1, 2]], [['text']]])(
    'hands %j back as it is',
    (output) => {
      expect(appendNote(output, 'note', 'call_1')).toBe(output)
    },
  )
})
