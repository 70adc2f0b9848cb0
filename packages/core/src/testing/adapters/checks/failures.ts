import { type AdapterCheck, expectSame, type Play, play, playBare, refund } from '../adapter-stage.ts'

const closed = (): never => {
  throw new TypeError('the shop is closed')
}
const away = (): never => {
  throw new Error('the evaluator is away')
}

/** What becomes of a call that goes wrong, before the guard, in it or behind it. */
export const FAILURE_CHECKS: readonly AdapterCheck[] = [
  {
    name: 'a tool that throws looks to the model as without a guard; FAILURE is reported once',
    async run(stage) {
      const options: Play = { calls: [refund(5)], onRun: closed }
      const { run, settled } = await play(stage, options)
      expectSame('what the model read', run.read, (await playBare(stage, options)).read)
      expectSame('reports', await settled(), { outcomes: ['FAILURE'], effects: ['failed'] })
    },
  },
  misfit('arguments that do not fit the schema', ['a', 'refund', { amount: 'much' }]),
  misfit('an unknown tool', ['a', 'no_such_tool', { amount: 5 }]),
  misfit('malformed JSON', ['a', 'refund', '{"amount": ']),
  {
    name: 'fail mode closed: nothing runs that nobody could judge',
    async run(stage) {
      const { ran, run } = await play(stage, { calls: [refund(5)], onEvaluate: away })
      expectSame('amounts that the tool was run with', ran, [])
      expectSame('results that the model read', Object.keys(run.read), ['call_5'])
    },
  },
  {
    name: 'fail mode open: it runs all the same',
    async run(stage) {
      const { ran } = await play(stage, { calls: [refund(5)], onEvaluate: away, guard: { failMode: 'open' } })
      expectSame('amounts that the tool was run with', ran, [5])
    },
  },
]

/** A call that the framework refuses by itself ends as it does without a guard; it is judged once at most and never a success. */
function misfit(what: string, call: Play['calls'][number]): AdapterCheck {
  return {
    name: `${what}: the framework's own words, and no storm of evaluations`,
    async run(stage) {
      const options: Play = { calls: [call] }
      const { run, ran, evaluator, settled } = await play(stage, options)
      const bare = await playBare(stage, options)
      expectSame('amounts that the tool was run with', ran, [])
      expectSame('what the model read', run.read, bare.read)
      expectSame('whether the run failed', run.error !== undefined, bare.error !== undefined)
      expectSame('evaluations of 1 at most', evaluator.requests.length <= 1, true)
      expectSame('whether a success was reported', (await settled()).outcomes.includes('SUCCESS'), false)
    },
  }
}
