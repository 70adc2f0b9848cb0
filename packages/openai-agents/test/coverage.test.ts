import { codeInterpreterTool, hostedMcpTool, shellTool, tool, webSearchTool } from '@openai/agents'
import { describe, expect, it } from 'vitest'
import * as z from 'zod'
import { guardTools } from '../src/index.ts'
import { createRefundTool, createStage, SEAMS, toolOf } from './stage.ts'

describe('coverage', () => {
  it.each(SEAMS)('lists tools guarded by %s', (seam) => {
    const { guard } = createStage()
    createRefundTool(toolOf(seam, guard))
    expect(guard.coverage()).toMatchObject({ guarded: ['refund'], unguarded: [] })
  })

  it('names hosted and built-in tools, which come back unchanged', () => {
    const { guard } = createStage()
    const gaps: string[] = []
    guard.on('coverage-gap', (gap) => gaps.push(gap.tool))
    const shell = shellTool({ shell: { run: async () => ({ output: [] }) } })
    const tools = [
      webSearchTool(),
      codeInterpreterTool(),
      hostedMcpTool({ serverLabel: 'docs', serverUrl: 'https://docs.example' }),
      shell,
    ] as const
    expect(guardTools(guard)(tools)).toEqual(tools)
    expect(guardTools(guard)([shell])[0]).toBe(shell)
    expect(guard.coverage()).toMatchObject({
      guarded: [],
      unguarded: [
        { tool: 'web_search', reason: expect.stringContaining('model provider') },
        { tool: 'code_interpreter', reason: expect.stringContaining('model provider') },
        { tool: 'hosted_mcp', reason: expect.stringContaining('model provider') },
        { tool: 'shell', reason: expect.stringContaining('built into the SDK') },
      ],
    })
    expect(new Set(gaps)).toEqual(new Set(['web_search', 'code_interpreter', 'hosted_mcp', 'shell']))
  })

  it('leaves the tools that it was given as they are', () => {
    const { guard } = createStage()
    const { refund } = createRefundTool(tool)
    const before = { ...refund }
    const [guarded] = guardTools(guard)([refund])
    expect(refund).toEqual(before)
    expect(guarded).not.toBe(refund)
    expect(guarded.invoke).toBe(refund.invoke)
  })

  it('goes by the name that the SDK makes of a name', () => {
    const { guard } = createStage()
    const pay = toolOf(
      'guardTool',
      guard,
    )({
      name: 'pay now',
      description: '',
      parameters: z.object({}),
      execute: () => 'paid',
    })
    expect(guard.coverage().guarded).toEqual([pay.name])
    expect(pay.name).toBe('pay_now')
  })
})
