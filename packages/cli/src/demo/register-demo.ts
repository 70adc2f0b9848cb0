import { join } from 'node:path'
import type { Command } from 'commander'

/** `bighub demo`: three guarded agents at work, in one minute, without keys or an account. */
export function registerDemo(program: Command): void {
  program
    .command('demo')
    .description('Watch three guarded agents at work, then answer a held call; needs no keys, no account')
    .option('--dir <folder>', 'where the demo keeps its own data', join('.bighub', 'demo'))
    .option('--no-open', 'do not open the dashboard in the browser')
    .action(async ({ dir, open }: { dir: string; open: boolean }) => {
      // Three agent frameworks take a second to load; no other command needs them.
      const { runDemo } = await import('./run-demo.ts')
      await runDemo(dir, open)
    })
}
