import { readFileSync } from 'node:fs'
import { basename, resolve } from 'node:path'
import { AS_RECORDED, type Configuration, parseConfiguration, parsePolicyConfiguration } from '@bighub/engine'

export interface ConfigurationFlags {
  readonly compare?: readonly string[]
  readonly policy?: readonly string[]
}

/**
 * The configurations to compare, in the order in which they were named; a single one is compared with the log as it stands.
 * Null where none was named.
 *
 * @throws Error naming the file, and the field that is wrong; also if two have the same name.
 */
export function readConfigurations({ compare = [], policy = [] }: ConfigurationFlags): readonly Configuration[] | null {
  const named = [
    ...compare.map((file) => readOne(file, parseConfiguration)),
    ...policy.map((file) => readOne(file, parsePolicyConfiguration)),
  ]
  if (named.length === 0) return null
  const all = named.length === 1 ? [AS_RECORDED, ...named] : named
  const twice = all.find(({ name }, index) => all.findIndex((each) => each.name === name) !== index)
  if (twice) throw new Error(`two configurations are named "${twice.name}"; give one another "name" or file name`)
  return all
}

function readOne(file: string, parse: (value: unknown, name: string) => Configuration): Configuration {
  const path = resolve(process.env['INIT_CWD'] ?? '.', file)
  try {
    const value: unknown = JSON.parse(readFileSync(path, 'utf8'))
    return parse(value, basename(file).replace(/\.json$/, ''))
  } catch (error) {
    throw new Error(`${path}: ${error instanceof Error ? error.message : String(error)}`, { cause: error })
  }
}
