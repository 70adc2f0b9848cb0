#!/usr/bin/env node
import { BighubError } from '@bighub/core/protocol'
import { CommanderError } from 'commander'
import { createProgram } from './create-program.ts'

/** 0: done. 1: it failed. 2: the command was written wrongly. 3, set by commands: what was checked does not hold. */
const EXIT = { failed: 1, usage: 2 } as const

try {
  await createProgram().parseAsync()
} catch (error) {
  if (error instanceof CommanderError) process.exitCode = error.exitCode === 0 ? 0 : EXIT.usage
  else {
    const code = BighubError.isInstance(error) ? ` (${error.code})` : ''
    console.error(`bighub: ${error instanceof Error ? error.message : String(error)}${code}`)
    process.exitCode = EXIT.failed
  }
}
