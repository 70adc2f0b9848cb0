// `npm test`: every test, from the unit to the packed package in an empty project.
import { readFileSync } from 'node:fs'
import { join } from 'node:path'
import { testOldestVersions } from './adapter-matrix.ts'
import { testExamples } from './run-examples.ts'
import { type Counts, commandStep, ROOT, runCommand, runSteps } from './steps.ts'
import { testPackages } from './test-packages.ts'

const REPORT = join(ROOT, 'node_modules', '.cache', 'vitest.json')

await runSteps([
  { name: 'tests', run: runVitest },
  { name: 'adapters on the oldest versions of their frameworks', run: testOldestVersions },
  commandStep('types', 'tsc', ['--noEmit']),
  { name: 'examples', run: testExamples },
  { name: 'packed packages in an empty project', run: testPackages },
])

async function runVitest(): Promise<Counts> {
  const code = await runCommand('vitest', [
    'run',
    '--reporter=default',
    '--reporter=json',
    `--outputFile.json=${REPORT}`,
  ])
  const report = JSON.parse(readFileSync(REPORT, 'utf8')) as { numPassedTests: number; numFailedTests: number }
  // A file that cannot be loaded fails without a single failed test.
  const failed = Math.max(report.numFailedTests, code === 0 ? 0 : 1)
  return { passed: report.numPassedTests, failed }
}
