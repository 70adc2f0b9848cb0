import { execFile } from 'node:child_process'
import { promisify } from 'node:util'
import { expect, it } from 'vitest'

const run = promisify(execFile)

/** Imports the adapter in a process of its own, with an SDK from before tool guardrails in place of the installed one. */
const SCRIPT = `
import { registerHooks } from 'node:module'
registerHooks({
  resolve: (name, context, next) => next(name === '@openai/agents' ? 'agents-unguarded' : name, context),
})
await import('./src/index.ts').then(() => console.log('loaded'), (error) => console.log(error.message))
`

it('is refused by an SDK that ignores tool guardrails, with the version to install', async () => {
  const args = ['--conditions=bighub-source', '--input-type=module', '--eval', SCRIPT]
  const { stdout } = await run(process.execPath, args, { cwd: new URL('..', import.meta.url) })
  expect(stdout).toBe(
    '@openai/agents: before 0.3.8 it ignores tool guardrails, so that blocked calls would run; install 0.14.0 or newer\n',
  )
})
