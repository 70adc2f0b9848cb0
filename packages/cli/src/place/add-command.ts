import type { Command } from 'commander'
import { addPlaceOptions } from './open-decisions.ts'

/** Adds a command that works on the decisions of a place and can answer in JSON. */
export function addCommand(parent: Command, usage: string, description: string): Command {
  return addPlaceOptions(parent.command(usage)).description(description).option('--json', 'answer in JSON')
}
