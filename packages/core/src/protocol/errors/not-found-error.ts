import { BighubError } from './bighub-error.ts'

/** The named thing does not exist in this organisation. */
export class NotFoundError extends BighubError {
  /** What kind of thing: `decision`, `rule`, `approval`, `effect`, `kill_switch`. */
  readonly kind: string
  readonly id: string

  constructor(
    kind: string,
    id: string,
    message = `no ${kind.replace('_', ' ')} with the id ${JSON.stringify(id)} in this organisation`,
  ) {
    super(`${kind}_not_found`, message)
    this.kind = kind
    this.id = id
  }
}
