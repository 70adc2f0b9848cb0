import { getAllMcpTools, type MCPServer } from '@openai/agents'
import { describe, expect, it } from 'vitest'
import { guardTools } from '../src/index.ts'
import { readResults, scriptedModel } from './scripted-model.ts'
import { agentWith, asked, createStage, MODES, play } from './stage.ts'

/** An MCP server in this process with one tool `pay({ amount })`. */
function createServer(answer: (amount: unknown) => string) {
  const ran: unknown[] = []
  const server: MCPServer = {
    name: 'till',
    cacheToolsList: false,
    connect: async () => {},
    close: async () => {},
    invalidateToolsCache: async () => {},
    listTools: async () => [
      {
        name: 'pay',
        description: 'Pays.',
        inputSchema: {
          type: 'object',
          properties: { amount: { type: 'number' } },
          required: [],
          additionalProperties: false,
        },
      },
    ],
    callTool: async (_name, args) => {
      ran.push(args?.['amount'])
      return [{ type: 'text', text: answer(args?.['amount']) }]
    },
  }
  return { server, ran }
}

describe.each(MODES)('tools of an MCP server, in mode %s,', (mode) => {
  it('run, are held and are blocked like any other', async () => {
    const stage = createStage(({ value }) =>
      value === 1 ? 'proceed' : value === 2 ? 'review_recommended' : 'do_not_proceed',
    )
    const { server, ran } = createServer((amount) => `paid ${String(amount)}`)
    const tools = guardTools(stage.guard)(await getAllMcpTools({ mcpServers: [server] }))
    const model = scriptedModel([
      ['a', 'pay', { amount: 1 }],
      ['b', 'pay', { amount: 2 }],
      ['c', 'pay', { amount: 3 }],
    ])
    const agent = agentWith(model, ...tools)
    const paused = await play(mode, agent)
    expect(asked(paused)).toEqual(['b'])
    expect(ran).toEqual([1])
    for (const item of paused.interruptions) paused.state.approve(item)
    await play(mode, agent, paused.state)
    expect(ran).toEqual([1, 2])
    expect(readResults(model)).toMatchObject({
      a: expect.stringContaining('paid 1'),
      b: expect.stringContaining('paid 2'),
      c: expect.stringContaining('"pay" was not executed'),
    })
    expect(stage.evaluator.requests).toHaveLength(3)
    expect((await stage.settled()).outcomes.toSorted()).toEqual(['BLOCKED', 'SUCCESS', 'SUCCESS'])
  })

  it('report a failure when the server throws', async () => {
    const stage = createStage()
    const { server } = createServer(() => {
      throw new Error('the till is locked')
    })
    const tools = guardTools(stage.guard)(await getAllMcpTools({ mcpServers: [server] }))
    const model = scriptedModel([['a', 'pay', { amount: 1 }]])
    await play(mode, agentWith(model, ...tools))
    expect(await stage.settled()).toEqual({ outcomes: ['FAILURE'], effects: ['failed'] })
  })
})
