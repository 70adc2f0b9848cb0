import { defineConfig } from 'vitest/config'

const packages = [
  'core',
  'engine',
  'server',
  'langchain',
  'vercel-ai',
  'openai-agents',
  'openai',
  'anthropic',
  'mastra',
  'mcp',
  'mcp-server',
  'cli',
  'dashboard',
]

export default defineConfig({
  resolve: { conditions: ['bighub-source'] },
  ssr: { resolve: { conditions: ['bighub-source'] } },
  test: {
    projects: [
      ...packages.map((name) => ({
        extends: true as const,
        test: { name, root: `packages/${name}`, include: ['src/**/*.test.ts', 'test/**/*.test.ts'] },
      })),
      { extends: true, test: { name: 'benchmarks', root: 'benchmarks', include: ['**/*.test.ts'] } },
    ],
  },
})
