import { readFileSync } from 'node:fs'
import { resolve } from 'node:path'
import { InvalidArgumentError } from 'commander'

/** A whole number of 1 to 1000, as lists take it. @throws InvalidArgumentError */
export function readLimit(text: string): number {
  if (!/^[1-9]\d{0,3}$/.test(text) || Number(text) > 1000)
    throw new InvalidArgumentError('It needs a whole number of 1 to 1000.')
  return Number(text)
}

/** A number. @throws InvalidArgumentError */
export function readNumber(text: string): number {
  const number = Number(text)
  if (text.trim() === '' || !Number.isFinite(number)) throw new InvalidArgumentError('It needs a number.')
  return number
}

/** A JSON object on the command line. @throws InvalidArgumentError */
export function readJsonObject(text: string): Record<string, unknown> {
  const value = parse(text, (problem) => new InvalidArgumentError(`It needs a JSON object: ${problem}`))
  if (typeof value !== 'object' || value === null || Array.isArray(value))
    throw new InvalidArgumentError('It needs a JSON object.')
  return { ...value }
}

/** What a JSON file holds. @throws Error naming the file */
export function readJsonFile(file: string): unknown {
  // npm runs the command from the workspace's root; INIT_CWD is where the user stands.
  const path = resolve(process.env['INIT_CWD'] ?? '.', file)
  return parse(readFileSync(path, 'utf8'), (problem) => new Error(`${file} is no JSON: ${problem}`))
}

function parse(text: string, toError: (problem: string) => Error): unknown {
  try {
    return JSON.parse(text)
  } catch (error) {
    throw toError(error instanceof Error ? error.message : String(error))
  }
}
