import { createGuard, type EvaluateRequest, type EvaluateResponse, type Evaluator, type Guard } from '@bighub/core'
import { createEngine, type Engine } from '@bighub/engine'
import { constantEvaluator } from './constant-evaluator.ts'
import { Samples } from './samples.ts'
import { argumentsOf, callOf, type RefundArguments, refund } from './workload.ts'

/** One way to make the same call. */
export interface Variant {
  readonly name: string
  /** Makes the n-th call and returns how long the caller waited for the tool's result, in ms. */
  call(n: number): Promise<number>
  close(): Promise<void>
}

/** What a guarded call is made of. All in ms. */
export interface GuardedSamples {
  readonly evaluator: Samples
  readonly afterResult: Samples
}

/** The bare tool, awaited like any tool of an agent framework. */
export function unguarded(onResult: (amount: number) => void): Variant {
  return {
    name: 'unguarded',
    async call(n) {
      const args = argumentsOf(n)
      const started = performance.now()
      const result = await Promise.resolve(refund(args))
      const waited = performance.now() - started
      onResult(result.refunded)
      return waited
    },
    async close() {},
  }
}

/** The guard in front of an evaluator that costs nothing. */
export function guardAlone(onResult: (amount: number) => void): ReturnType<typeof guarded> {
  return guarded('guard alone', constantEvaluator(), onResult)
}

/** The whole path: guard, engine, one chained record in a file. */
export function wholePath(
  file: string,
  durability: 'process' | 'power',
  onResult: (amount: number) => void,
): Variant & GuardedSamples & { readonly engine: Engine } {
  const engine = createEngine({ file, durability })
  const samples = new Samples()
  return {
    ...guarded(`engine, ${durability}`, timeEvaluations(engine, samples), onResult),
    engine,
    evaluator: samples,
    close: () => engine.close(),
  }
}

function guarded(
  name: string,
  evaluator: Evaluator,
  onResult: (amount: number) => void,
): Variant & Pick<GuardedSamples, 'afterResult'> & { onRequest(listener: (request: EvaluateRequest) => void): void } {
  const guard = newGuard(evaluator)
  const afterResult = new Samples()
  return {
    name,
    afterResult,
    async call(n) {
      const waited = await callOnce(guard, n, onResult)
      // What follows the result is delivered before the next call, and counted apart.
      const handedBack = performance.now()
      await guard.flush()
      afterResult.add(performance.now() - handedBack)
      return waited
    },
    onRequest: (listener) => void guard.on('evaluation-start', ({ request }) => listener(request)),
    close: () => guard.close(),
  }
}

/** A guard as a user would make it, except that a held call is an error at once: nobody is there to answer. */
export function newGuard(evaluator: Evaluator): Guard {
  return createGuard({
    evaluator,
    actor: 'support-agent',
    domain: 'customer_transactions',
    approvals: { onRequest: async () => ({ resolution: 'denied', comment: 'the benchmark holds no call' }) },
  })
}

/** Makes the n-th call through a guard and returns how long the caller waited, in ms. */
export async function callOnce(guard: Guard, n: number, onResult: (amount: number) => void): Promise<number> {
  const call = callOf(n)
  // The call was made with these arguments; GuardedCall carries them untyped.
  const args = call.arguments as RefundArguments
  const started = performance.now()
  const result = await guard.run(call, () => refund(args))
  const waited = performance.now() - started
  if (result.status !== 'executed') throw new Error(`call ${n} was refused: ${result.refusal.reason}`)
  onResult(result.value.refunded)
  return waited
}

/** Times the evaluations of an engine, which stays the ledger it is. */
function timeEvaluations(engine: Engine, samples: Samples): Engine {
  return new Proxy(engine, {
    get(target, name) {
      if (name === 'evaluate')
        return async (request: EvaluateRequest): Promise<EvaluateResponse> => {
          const started = performance.now()
          const answer = await target.evaluate(request)
          samples.add(performance.now() - started)
          return answer
        }
      const value: unknown = Reflect.get(target, name, target)
      // Private fields are reached through the engine itself, not through the proxy.
      return typeof value === 'function' ? value.bind(target) : value
    },
  })
}
