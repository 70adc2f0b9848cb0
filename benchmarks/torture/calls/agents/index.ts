import type { Agent, Stage } from './stage.ts'

export const ADAPTERS = ['bare', 'langchain', 'vercel-ai', 'openai-agents'] as const
export type Adapter = (typeof ADAPTERS)[number]

/** Loads one adapter with its framework, and none of the others. */
export function createAgent(adapter: Adapter, stage: Stage): Promise<Agent> {
  return LOADERS[adapter](stage)
}

const LOADERS: Readonly<Record<Adapter, (stage: Stage) => Promise<Agent>>> = {
  bare: async (stage) => (await import('./bare.ts')).createBareAgent(stage),
  langchain: async (stage) => (await import('./langchain.ts')).createLangchainAgent(stage),
  'vercel-ai': async (stage) => (await import('./vercel-ai.ts')).createVercelAiAgent(stage),
  'openai-agents': async (stage) => (await import('./openai-agents.ts')).createOpenaiAgentsAgent(stage),
}
