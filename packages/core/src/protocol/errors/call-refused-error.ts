import { BighubError } from './bighub-error.ts'

/** A guarded call did not run. Thrown only where a framework has no other way to be told. */
export class CallRefusedError extends BighubError {
  readonly tool: string

  constructor(tool: string, message: string) {
    super('call_refused', message)
    this.tool = tool
  }
}
