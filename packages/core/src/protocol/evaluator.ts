import type { EvaluateRequest } from './action.ts'
import type { EvaluateResponse } from './evaluation.ts'
import type { OutcomeReport, OutcomeReportRequest } from './outcome.ts'

/** What every request may carry besides its body. */
export interface RequestOptions {
  /** The same key with the same body gives the stored answer; a retry never counts twice. */
  readonly idempotencyKey?: string
  /** Stop waiting. What was already stored stays stored. */
  readonly signal?: AbortSignal
  /**
   * Who asks. On a server authentication says so and nothing else; in process the application vouches for the name it gives.
   * @defaultValue 'application'
   */
  readonly by?: string
  /** `W/"rule:<id>:v<n>"` or `W/"policy:v<n>"`: do it only if the thing still has this version. */
  readonly ifMatch?: string
}

/** Judges actions and learns from their outcomes: the in-process engine, or a client of the server. */
export interface Evaluator {
  /** It is elsewhere, and may be away while this process is not. @defaultValue false */
  readonly isRemote?: boolean
  /**
   * Judges one action. The answer is durable before it is given, unless `dry_run` is set.
   *
   * @throws InvalidInputError if the request has the wrong form.
   */
  evaluate(request: EvaluateRequest, options?: RequestOptions): Promise<EvaluateResponse>
  /**
   * Says what became of a decision. A later report for the same decision corrects the earlier one.
   *
   * @throws InvalidInputError, or NotFoundError if no decision has that id.
   */
  reportOutcome(report: OutcomeReportRequest, options?: RequestOptions): Promise<OutcomeReport>
}
