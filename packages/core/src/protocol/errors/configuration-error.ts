import { BighubError, type BighubErrorOptions } from './bighub-error.ts'

/** An option has a value that cannot work. Thrown when something is constructed, before any call is made. */
export class ConfigurationError extends BighubError {
  /** Name of the option, such as `failMode` or `approvals.waitMs`. */
  readonly option: string

  constructor(option: string, message: string, options: BighubErrorOptions = {}) {
    super('configuration_invalid', `${option}: ${message}`, options)
    this.option = option
  }
}
