import { type AdapterCheck, expectSame, play, refund } from '../adapter-stage.ts'

/** What becomes of a call whose run is given up. */
export const ABORT_CHECKS: readonly AdapterCheck[] = [
  {
    name: 'a run aborted before it begins runs nothing',
    async run(stage) {
      const signal = AbortSignal.abort(new Error('given up'))
      const { ran, settled } = await play(stage, { calls: [refund(5)], signal })
      expectSame('amounts that the tool was run with', ran, [])
      expectSame('whether a success was reported', (await settled()).outcomes.includes('SUCCESS'), false)
    },
  },
  {
    name: 'a run aborted during the evaluation runs nothing',
    async run(stage) {
      const abort = new AbortController()
      const onEvaluate = (): void => abort.abort(new Error('given up'))
      const { ran, settled } = await play(stage, { calls: [refund(5)], signal: abort.signal, onEvaluate })
      expectSame('amounts that the tool was run with', ran, [])
      expectSame('whether a success was reported', (await settled()).outcomes.includes('SUCCESS'), false)
    },
  },
  {
    name: 'a call aborted while its tool runs is unknown: neither a success nor a failure',
    async run(stage) {
      const abort = new AbortController()
      const onRun = (): never => {
        abort.abort(new Error('given up'))
        throw abort.signal.reason
      }
      const { ran, settled } = await play(stage, { calls: [refund(5)], signal: abort.signal, onRun })
      expectSame('amounts that the tool was run with', ran, [5])
      expectSame('reports', await settled(), { outcomes: [], effects: ['aborted'] })
    },
  },
  {
    name: 'a run aborted after its end changes nothing',
    async run(stage) {
      const abort = new AbortController()
      const { settled } = await play(stage, { calls: [refund(5)], signal: abort.signal })
      abort.abort(new Error('given up'))
      expectSame('reports', await settled(), { outcomes: ['SUCCESS'], effects: ['succeeded'] })
    },
  },
]
