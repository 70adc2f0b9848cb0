import { packPackages } from './pack-packages.ts'
import { add, type Counts, countOf, runCommand } from './steps.ts'

/** What publint and "Are the types wrong?" say of each package as it would be published. */
export async function checkPackages(): Promise<Counts> {
  let counts: Counts = { passed: 0, failed: 0 }
  for (const { name, tarball } of await packPackages()) {
    const publint = await runCommand('publint', ['run', '--strict', tarball], { isQuiet: true })
    const attw = name === 'bighub' ? 0 : await runCommand('attw', [tarball, '--profile', 'esm-only'], { isQuiet: true })
    console.log(`${publint === 0 && attw === 0 ? 'ok    ' : 'FAILED'} ${name}`)
    counts = add(counts, add(countOf(publint === 0), countOf(attw === 0)))
  }
  return counts
}
