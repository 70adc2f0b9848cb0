import type * as z from 'zod'
import { BighubError, type BighubErrorOptions } from './bighub-error.ts'

/** Something that was handed in has the wrong type, range or form. Nothing was done or stored. */
export class InvalidInputError extends BighubError {
  /** Path of the offending field, such as `value` or `context.call.arguments.to`; empty when it is the whole input. */
  readonly field: string

  constructor(field: string, message: string, options: BighubErrorOptions = {}) {
    super('invalid_input', field === '' ? message : `${field}: ${message}`, options)
    this.field = field
  }

  /** The first issue of a zod error, named after its field. `what` says what was being read. */
  static fromZod(what: string, error: z.ZodError): InvalidInputError {
    const issue = error.issues[0]
    // An unknown key is named itself, not the object that it stands in.
    const unknown = issue?.code === 'unrecognized_keys' ? issue.keys.slice(0, 1) : []
    const field = [...(issue?.path ?? []), ...unknown].map(String).join('.')
    return new InvalidInputError(field, `${issue?.message ?? error.message} (while reading ${what})`, { cause: error })
  }
}
