import { type AdapterCheck, expectSame, expectText, play, refund } from '../adapter-stage.ts'

const BLOCK = { recommendation: 'do_not_proceed', risk_score: 0.8731, reason: 'rule "max-refund": 9 > 8' } as const

/** What becomes of a call that is judged: the four dispositions, and calls beside each other. */
export const DISPOSITION_CHECKS: readonly AdapterCheck[] = [
  {
    name: 'a call that may run runs once, and its success is reported once',
    async run(stage) {
      const { run, ran, evaluator, settled } = await play(stage, { calls: [refund(5)] })
      expectSame('amounts that the tool was run with', ran, [5])
      expectText('what the model read', run.read['call_5'], /refunded 5/)
      expectSame('evaluations', evaluator.requests.length, 1)
      expectSame('reports', await settled(), { outcomes: ['SUCCESS'], effects: ['succeeded'] })
    },
  },
  {
    name: 'a call run with caution brings a note for the model',
    async run(stage) {
      const { run, ran } = await play(stage, { calls: [refund(5)], answers: { 5: 'proceed_with_caution' } })
      expectSame('amounts that the tool was run with', ran, [5])
      expectText('what the model read', run.read['call_5'], /refunded 5[\s\S]*allowed with caution/)
    },
  },
  {
    name: 'a blocked call does not run; the model reads that it did not, but neither score nor rule',
    async run(stage) {
      const { run, ran, settled } = await play(stage, { calls: [refund(9)], answers: { 9: BLOCK } })
      expectSame('amounts that the tool was run with', ran, [])
      expectText('what the model read', run.read['call_9'], /was not executed/)
      expectText('what the model read', run.read['call_9'], /^(?![\s\S]*(?:0\.87|max-refund|node_modules))/)
      expectSame('reports', await settled(), { outcomes: ['BLOCKED'], effects: [] })
    },
  },
  {
    name: 'of two calls in one turn, one blocked and one free, only the free one runs',
    async run(stage) {
      const { run, ran } = await play(stage, { calls: [refund(9), refund(5)], answers: { 9: BLOCK } })
      expectSame('amounts that the tool was run with', ran, [5])
      expectText('what the model read', run.read['call_5'], /refunded 5/)
      expectText('what the model read', run.read['call_9'], /was not executed/)
    },
  },
  {
    name: 'a tool that is wrapped twice is judged and reported once',
    async run(stage) {
      const { evaluator, settled, ran } = await play(stage, { calls: [refund(5)], wraps: 2 })
      expectSame('amounts that the tool was run with', ran, [5])
      expectSame('evaluations', evaluator.requests.length, 1)
      expectSame('reports', await settled(), { outcomes: ['SUCCESS'], effects: ['succeeded'] })
    },
  },
  {
    name: 'coverage() names the guarded tool',
    async run(stage) {
      const { guard } = await play(stage, { calls: [refund(5)] })
      expectSame('guarded tools', guard.coverage().guarded.includes('refund'), true)
    },
  },
]
