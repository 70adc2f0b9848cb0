import { BighubError, type EvaluateRequest, type Evaluator, EvaluatorError } from '../../protocol/index.ts'
import { type EvaluatorAnswer, parseEvaluatorAnswer } from '../disposition/evaluator-answer.ts'
import type { EvaluationOptions } from '../guard-options.ts'
import type { CircuitBreaker } from './circuit-breaker.ts'

export interface ResilientEvaluation {
  readonly evaluator: Evaluator
  readonly breaker: CircuitBreaker
  readonly options: Required<EvaluationOptions>
  /** The same on every attempt, so that a retry never counts twice. */
  readonly idempotencyKey: string
  readonly signal: AbortSignal | undefined
  readonly now: () => number
  /** Gets an answer that came after the caller stopped waiting, so that what it claimed or opened can be settled. */
  readonly onLateAnswer: (answer: EvaluatorAnswer) => void
}

/**
 * One evaluation within a deadline: attempts, waits between them, circuit breaker, check of the answer.
 *
 * @throws EvaluatorError if no usable answer came; the caller's abort reason if `signal` aborted first.
 */
export async function evaluateWithResilience(
  request: EvaluateRequest,
  settings: ResilientEvaluation,
): Promise<EvaluatorAnswer> {
  const { breaker, options, now } = settings
  if (breaker.permit() === 'open')
    throw new EvaluatorError('circuit_open', 'the evaluator failed repeatedly and is not asked for a moment')
  const deadline = now() + options.deadlineMs
  for (let attempt = 0; ; attempt++) {
    try {
      const answer = await evaluateOnce(request, settings, deadline - now())
      breaker.succeed()
      return answer
    } catch (error) {
      if (settings.signal?.aborted) {
        breaker.abandon()
        throw settings.signal.reason
      }
      const waitMs = attempt < options.retries ? options.backoffMs(attempt) : 0
      if (attempt >= options.retries || !mayHelpToRetry(error) || now() + waitMs >= deadline) {
        // A request that the evaluator refuses as wrong says nothing about its health.
        if (isCallersFault(error)) breaker.abandon()
        else breaker.fail()
        throw toEvaluatorError(error)
      }
      await sleep(waitMs, settings.signal)
    }
  }
}

async function evaluateOnce(
  request: EvaluateRequest,
  settings: ResilientEvaluation,
  remainingMs: number,
): Promise<EvaluatorAnswer> {
  const abort = new AbortController()
  let cleanUp: (() => void) | undefined
  const interrupted = new Promise<never>((_, reject) => {
    const timer = setTimeout(
      () => {
        const error = new EvaluatorError('timed_out', `no answer within ${settings.options.deadlineMs} ms`)
        abort.abort(error)
        reject(error)
      },
      Math.max(0, remainingMs),
    )
    const onAbort = (): void => {
      abort.abort(settings.signal?.reason)
      reject(settings.signal?.reason as Error)
    }
    if (settings.signal?.aborted) onAbort()
    else settings.signal?.addEventListener('abort', onAbort, { once: true })
    cleanUp = () => {
      clearTimeout(timer)
      settings.signal?.removeEventListener('abort', onAbort)
    }
  })
  // An async function, so that an evaluator that throws at once rejects like any other.
  const answer = (async () =>
    parseEvaluatorAnswer(
      await settings.evaluator.evaluate(request, { idempotencyKey: settings.idempotencyKey, signal: abort.signal }),
    ))()
  try {
    return await Promise.race([answer, interrupted])
  } catch (error) {
    if (abort.signal.aborted) answer.then(settings.onLateAnswer, () => undefined)
    throw error
  } finally {
    cleanUp?.()
  }
}

function mayHelpToRetry(error: unknown): boolean {
  return BighubError.isInstance(error) ? error.isRetryable && error.code !== 'evaluator_timed_out' : true
}

function isCallersFault(error: unknown): boolean {
  return BighubError.isInstance(error) && error.code === 'invalid_input'
}

function toEvaluatorError(error: unknown): EvaluatorError {
  if (error instanceof EvaluatorError) return error
  const text = error instanceof Error ? error.message : String(error)
  return new EvaluatorError('failed', `the evaluator failed: ${text.slice(0, 500)}`, { cause: error })
}

function sleep(ms: number, signal: AbortSignal | undefined): Promise<void> {
  return new Promise((resolve) => {
    const timer = setTimeout(done, ms)
    signal?.addEventListener('abort', done, { once: true })
    function done(): void {
      clearTimeout(timer)
      signal?.removeEventListener('abort', done)
      resolve()
    }
  })
}
