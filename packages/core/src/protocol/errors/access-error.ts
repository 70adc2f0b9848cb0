import { BighubError } from './bighub-error.ts'

/** Whoever asks is not known, or may not do this. A server answers 401 or 403. */
export class AccessError extends BighubError {
  declare readonly code: 'unauthenticated' | 'forbidden'
}
