import { BighubError, type BighubErrorOptions } from './bighub-error.ts'

/** What is wrong with a store. */
export type StorageFailure = 'corrupt' | 'foreign' | 'newer' | 'unavailable' | 'write_failed' | 'closed'

/** A store could not be opened, read or written. A refused file is left as it was. */
export class StorageError extends BighubError {
  readonly failure: StorageFailure
  /** Path of the file, or a description of the store. */
  readonly path: string

  constructor(failure: StorageFailure, path: string, message: string, options: BighubErrorOptions = {}) {
    super(`storage_${failure}`, `${path}: ${message}`, options)
    this.failure = failure
    this.path = path
  }
}
