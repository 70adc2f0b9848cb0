// `npm run check`: what is not a test of behaviour but has to hold: style, arrows, packages, the lockfile.
import { readFileSync } from 'node:fs'
import { join } from 'node:path'
import { checkBoundaries } from './check-boundaries.ts'
import { checkDashboardSize } from './check-dashboard-size.ts'
import { checkLinks } from './check-links.ts'
import { checkPackages } from './check-packages.ts'
import { checkSnippets } from './check-snippets.ts'
import { checkReference } from './generate-reference.ts'
import { testDocs } from './run-docs.ts'
import { type Counts, commandStep, countOf, ROOT, runSteps } from './steps.ts'
import { testBrowser } from './test-browser.ts'

await runSteps([
  commandStep('lint', 'oxlint', ['--deny-warnings']),
  commandStep('format and import order', 'biome', ['ci', '.']),
  { name: 'import arrows', run: checkBoundaries },
  { name: 'snippets of READMEs and docs compile', run: checkSnippets },
  { name: 'links of READMEs and docs', run: checkLinks },
  { name: 'pages of the docs run', run: testDocs },
  { name: 'docs/reference is up to date', run: checkReference },
  { name: 'packages as published', run: checkPackages },
  { name: 'dashboard at most 250 kB', run: checkDashboardSize },
  { name: 'dashboard in Chromium', run: testBrowser },
  { name: 'lockfile holds no addresses', run: checkLockfile },
])

/** An address in the lockfile would tie an installation to one registry. */
async function checkLockfile(): Promise<Counts> {
  const lines = readFileSync(join(ROOT, 'pnpm-lock.yaml'), 'utf8').split('\n')
  const found = lines.filter((line) => /https?:\/\//.test(line) && !line.trimStart().startsWith('deprecated:'))
  for (const line of found) console.error(`pnpm-lock.yaml: ${line.trim()}`)
  return countOf(found.length === 0)
}
