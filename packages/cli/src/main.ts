#!/usr/bin/env node
import { Command, CommanderError } from 'commander'
import { registerBacktest } from './backtest/register-backtest.ts'
import { registerDemo } from './demo/register-demo.ts'
import { registerEffects } from './effects/register-effects.ts'
import { registerMcpProxy } from './mcp-proxy/register-mcp-proxy.ts'
import { registerServe } from './serve/register-serve.ts'

/** 0: done. 1: it failed. 2: the command was written wrongly. */
const EXIT = { failed: 1, usage: 2 } as const

const program = new Command('bighub')
  .description('The decision layer in front of AI agents’ tool calls.')
  .showHelpAfterError('(bighub --help shows what there is)')
  .exitOverride()
registerBacktest(program)
registerDemo(program)
registerEffects(program)
registerMcpProxy(program)
registerServe(program)

try {
  await program.parseAsync()
} catch (error) {
  if (error instanceof CommanderError) process.exitCode = error.exitCode === 0 ? 0 : EXIT.usage
  else {
    console.error(`bighub: ${error instanceof Error ? error.message : String(error)}`)
    process.exitCode = EXIT.failed
  }
}
