// `npm run test:browser`: the dashboard in a real Chromium, against a real server. Needs a browser: CHROMIUM, or one on the path.
import { readFileSync } from 'node:fs'
import { join } from 'node:path'
import { pathToFileURL } from 'node:url'
import { findChromium } from '../packages/dashboard/test/support/find-chromium.ts'
import { type Counts, ROOT, runCommand, runSteps } from './steps.ts'

const REPORT = join(ROOT, 'node_modules', '.cache', 'vitest-browser.json')

export async function testBrowser(): Promise<Counts> {
  if (findChromium() === null) {
    console.log('skipped: there is no Chromium; install one (apt-get install chromium) or name it in CHROMIUM')
    return { passed: 0, failed: 0 }
  }
  const code = await runCommand('vitest', [
    'run',
    '--config=packages/dashboard/vitest.browser.config.ts',
    '--reporter=default',
    '--reporter=json',
    `--outputFile.json=${REPORT}`,
  ])
  const report = JSON.parse(readFileSync(REPORT, 'utf8')) as { numPassedTests: number; numFailedTests: number }
  return { passed: report.numPassedTests, failed: Math.max(report.numFailedTests, code === 0 ? 0 : 1) }
}

if (import.meta.url === pathToFileURL(process.argv[1] ?? '').href)
  await runSteps([{ name: 'dashboard in Chromium', run: testBrowser }])
