import * as z from 'zod'
import { constantEvaluator } from './constant-evaluator.ts'
import { type Figures, Samples, tenth } from './samples.ts'
import { newGuard } from './variants.ts'
import { argumentsOf, callOf, type RefundArguments, refund } from './workload.ts'

/** What an adapter adds to a call, in µs. */
export interface AdapterFigures {
  readonly adapter: string
  /** The framework's own call of the bare tool. */
  readonly bare: Figures
  /** The same call of the guarded tool; the evaluator costs nothing. */
  readonly guarded: Figures
  /** Medians: guarded, minus bare, minus the guard alone on the same arguments. */
  readonly shell: number
}

interface Pair {
  readonly bare: (args: RefundArguments, n: number) => unknown
  readonly guarded: (args: RefundArguments, n: number) => unknown
  readonly close: () => Promise<void>
}

const OPTIONS = { mutating: true, target: ({ order }: { order: string }) => order } as const
const DESCRIPTION = 'Refunds an order.'
const schema = z.object({ order: z.string(), amount: z.number(), method: z.string(), reason: z.string() })
const ADAPTERS: Readonly<Record<string, () => Promise<Pair>>> = {
  'vercel-ai': vercelAi,
  langchain,
  'openai-agents': openaiAgents,
}

/** Measures each adapter that loads; the others are named with the reason. */
export async function measureAdapters(
  calls: number,
): Promise<{ readonly figures: readonly AdapterFigures[]; readonly missing: Readonly<Record<string, string>> }> {
  const figures: AdapterFigures[] = []
  const missing: Record<string, string> = {}
  for (const [adapter, load] of Object.entries(ADAPTERS)) {
    try {
      figures.push(await measure(adapter, await load(), calls))
    } catch (error) {
      missing[adapter] = error instanceof Error ? (error.message.split('\n')[0] ?? '') : String(error)
    }
  }
  return { figures, missing }
}

async function measure(adapter: string, pair: Pair, calls: number): Promise<AdapterFigures> {
  const guard = newGuard(constantEvaluator())
  const samples = { bare: new Samples(), alone: new Samples(), guarded: new Samples() }
  const alone = (args: RefundArguments, n: number): unknown =>
    guard.run({ ...callOf(n), options: OPTIONS }, () => refund(args))
  for (let n = 0; n < calls; n++) {
    const args = argumentsOf(n)
    // One after the other on the same arguments, so that noise of the machine meets all three.
    for (const [name, call] of [
      ['bare', pair.bare],
      ['alone', alone],
      ['guarded', pair.guarded],
    ] as const) {
      const started = performance.now()
      const result = await call(args, n)
      const took = performance.now() - started
      if (n >= calls / 3) samples[name].add(took)
      if (result === undefined) throw new Error(`${adapter}: call ${n} had no result`)
    }
    await guard.flush()
  }
  await pair.close()
  await guard.close()
  const [bare, guarded] = [samples.bare.figures(), samples.guarded.figures()]
  return { adapter, bare, guarded, shell: tenth(guarded.p50 - bare.p50 - samples.alone.figures().p50) }
}

async function vercelAi(): Promise<Pair> {
  const { tool } = await import('ai')
  const { guardTools } = await import('@bighub/vercel-ai')
  const guard = newGuard(constantEvaluator())
  const bare = {
    refund_order: tool({
      description: DESCRIPTION,
      inputSchema: schema,
      execute: (args) => refund(args as RefundArguments),
    }),
  }
  const tools = guardTools(guard, { refund_order: OPTIONS })(bare)
  return {
    bare: (args, n) => bare.refund_order.execute?.(args, aroundCall(n)),
    async guarded(args, n) {
      const { needsApproval, execute } = tools.refund_order
      if (typeof needsApproval === 'function') await needsApproval(args, aroundCall(n))
      return execute?.(args, aroundCall(n))
    },
    close: () => guard.close(),
  }
}

async function langchain(): Promise<Pair> {
  const { tool } = await import('@langchain/core/tools')
  const { guardTools } = await import('@bighub/langchain')
  const guard = newGuard(constantEvaluator())
  const bare = tool((args) => refund(args as RefundArguments), {
    name: 'refund_order',
    description: DESCRIPTION,
    schema,
  })
  const [guarded] = guardTools(guard, { refund_order: OPTIONS })([bare] as const)
  return {
    bare: (args, n) => bare.invoke(langchainCall(args, n)),
    guarded: (args, n) => guarded.invoke(langchainCall(args, n)),
    close: () => guard.close(),
  }
}

async function openaiAgents(): Promise<Pair> {
  const { RunContext, tool } = await import('@openai/agents')
  const { guardTool } = await import('@bighub/openai-agents')
  const guard = newGuard(constantEvaluator())
  const definition = {
    name: 'refund_order',
    description: DESCRIPTION,
    parameters: schema,
    execute: (args: z.infer<typeof schema>) => refund(args as RefundArguments),
  }
  const bare = tool(definition)
  const guarded = guardTool(guard, { refund_order: OPTIONS })(definition)
  const context = new RunContext()
  return {
    bare: (args, n) => bare.invoke(context, JSON.stringify(args), openaiDetails(args, n)),
    guarded: (args, n) => guarded.invoke(context, JSON.stringify(args), openaiDetails(args, n)),
    close: () => guard.close(),
  }
}

/** What the AI SDK's loop hands over with a call: it asks whether a person is needed, then executes. */
function aroundCall(n: number) {
  return { toolCallId: `call_${n}`, messages: [], context: {} }
}

function langchainCall(args: RefundArguments, n: number) {
  return { type: 'tool_call', id: `call_${n}`, name: 'refund_order', args } as const
}

function openaiDetails(args: RefundArguments, n: number) {
  const toolCall = {
    type: 'function_call',
    callId: `call_${n}`,
    name: 'refund_order',
    arguments: JSON.stringify(args),
  } as const
  return { toolCall }
}
