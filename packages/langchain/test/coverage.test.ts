import { ConfigurationError } from '@bighub/core'
import { createAgent } from 'langchain'
import { describe, expect, it } from 'vitest'
import { guardMiddleware, guardTools } from '../src/index.ts'
import { callTools, ScriptedModel } from './scripted-model.ts'
import { createRefundTool, createStage, say } from './stage.ts'

const webSearch = { type: 'web_search_20250305', name: 'web_search' }
const codeInterpreter = { type: 'code_interpreter' }

describe('coverage', () => {
  it('lists wrapped tools and names those that cannot be guarded, which come back unchanged', () => {
    const { guard } = createStage()
    const gaps: string[] = []
    guard.on('coverage-gap', ({ tool }) => gaps.push(tool))
    const { refund } = createRefundTool()
    const wrapped = guardTools(guard)([refund, webSearch, { name: 'custom', invoke: () => 'x' }])
    expect(wrapped[1]).toBe(webSearch)
    expect(guard.coverage()).toMatchObject({
      guarded: ['refund'],
      unguarded: [
        { tool: 'web_search', reason: expect.stringContaining('no implementation in this process') },
        { tool: 'custom', reason: expect.stringContaining('cannot be intercepted') },
      ],
    })
    expect(gaps).toEqual(['web_search', 'custom'])
  })

  it('lists the tools that the middleware was told of before any of them is called', () => {
    const { guard } = createStage()
    const { refund } = createRefundTool()
    const definition = { type: 'function', function: { name: 'later', parameters: {} } }
    guardMiddleware(guard, {}, { tools: [refund, codeInterpreter, definition] })
    expect(guard.coverage()).toMatchObject({
      guarded: ['refund', 'later'],
      unguarded: [{ tool: 'code_interpreter', reason: expect.stringContaining('model provider') }],
    })
  })

  it('lists tools that the middleware was not told of when they are called, but no invented ones', async () => {
    const { guard } = createStage()
    const { refund } = createRefundTool()
    const model = new ScriptedModel(callTools(['call_1', 'refund', { amount: 1 }], ['call_2', 'invented', {}]))
    await createAgent({ model, tools: [refund], middleware: [guardMiddleware(guard)] }).invoke(say('go'))
    expect(guard.coverage().guarded).toEqual(['refund'])
  })
})

describe('settings of the middleware', () => {
  it('are refused when they cannot work', () => {
    const { guard } = createStage()
    // @ts-expect-error -- a misspelt setting
    expect(() => guardMiddleware(guard, {}, { toolError: 'throw' })).toThrow(ConfigurationError)
    // @ts-expect-error -- a value that is none
    expect(() => guardMiddleware(guard, {}, { toolErrors: 'ignore' })).toThrow('"ignore" is not one of message, throw')
  })

  it('spare an agent whose approvals have a callback the extra graph step', () => {
    expect(guardMiddleware(createStage().guard).afterModel).toBeDefined()
    const { guard } = createStage({}, { approvals: { onRequest: () => undefined } })
    expect(guardMiddleware(guard).afterModel).toBeUndefined()
  })
})
