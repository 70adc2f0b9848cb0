import { fileURLToPath } from 'node:url'
import { defineConfig } from 'vite'

/** The dashboard as static files, inside the package that serves them. */
export default defineConfig({
  root: import.meta.dirname,
  // A checkout needs no build of core: its sources are read.
  resolve: { conditions: ['bighub-source'] },
  oxc: { jsx: { runtime: 'automatic', importSource: 'preact' } },
  build: {
    outDir: fileURLToPath(new URL('../server/assets/', import.meta.url)),
    emptyOutDir: true,
    target: 'es2024',
    // One script and one style sheet: there is nothing to load ahead.
    modulePreload: false,
    // An inlined image would be an address that the content security policy refuses.
    assetsInlineLimit: 0,
  },
})
