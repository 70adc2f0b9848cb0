import { defineConfig } from 'vitest/config'

/** Tests in a real browser: `npm run test:browser`. Not part of `npm test`, which has to be quick and need nothing but Node. */
export default defineConfig({
  root: import.meta.dirname,
  resolve: { conditions: ['bighub-source'] },
  ssr: { resolve: { conditions: ['bighub-source'] } },
  test: {
    name: 'browser',
    include: ['test/**/*.browser.ts'],
    testTimeout: 60_000,
    hookTimeout: 60_000,
    // One browser at a time: timings are part of what is tested.
    fileParallelism: false,
  },
})
