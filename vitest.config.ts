import { availableParallelism } from 'node:os'
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
    // Files share what they import: nothing keeps state between tests, and loading it anew took two thirds of the time.
    isolate: false,
    // Vitest leaves one core free, which on two is half of them.
    maxWorkers: availableParallelism(),
    // Enough for a machine that does other things as well; nothing is tested by how fast it is.
    testTimeout: 60_000,
    hookTimeout: 60_000,
    projects: [
      ...packages.map((name) => ({
        extends: true as const,
        test: { name, root: `packages/${name}`, include: ['src/**/*.test.ts', 'test/**/*.test.ts'] },
      })),
      { extends: true, test: { name: 'benchmarks', root: 'benchmarks', include: ['**/*.test.ts'] } },
    ],
  },
})
