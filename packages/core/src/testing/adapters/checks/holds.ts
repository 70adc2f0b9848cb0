import { type AdapterCheck, expectSame, type Play, play, playHeld, refund, resume } from '../adapter-stage.ts'

const HOLD = 'review_recommended'
const DAY_MS = 86_400_000

/** What becomes of a call that waits for a person. */
export const HOLD_CHECKS: readonly AdapterCheck[] = [
  {
    name: 'a held call runs once after a yes: one evaluation, one run, one outcome',
    async run(stage) {
      const options: Play = { calls: [refund(80)], answers: { 80: HOLD }, person: { 80: 'approved' } }
      const { ran, evaluator, settled } = await playHeld(stage, options)
      expectSame('amounts that the tool was run with', ran, [80])
      expectSame('evaluations', evaluator.requests.length, 1)
      expectSame('reports', await settled(), { outcomes: ['SUCCESS'], effects: ['succeeded'] })
    },
  },
  {
    name: 'a held call does not run after a no, which is reported as not run',
    async run(stage) {
      const options: Play = { calls: [refund(80)], answers: { 80: HOLD }, person: { 80: 'denied' } }
      const { ran, settled } = await playHeld(stage, options)
      expectSame('amounts that the tool was run with', ran, [])
      expectSame('outcomes', (await settled()).outcomes, ['BLOCKED'])
    },
  },
  {
    name: 'a free call beside a held one runs once, before or after the answer',
    async run(stage) {
      const options: Play = { calls: [refund(5), refund(80)], answers: { 80: HOLD }, person: { 80: 'approved' } }
      const { ran, evaluator, settled } = await playHeld(stage, options)
      expectSame('amounts that the tool was run with', ran.toSorted(byNumber), [5, 80])
      expectSame('evaluations', evaluator.requests.length, 2)
      expectSame('outcomes', (await settled()).outcomes, ['SUCCESS', 'SUCCESS'])
    },
  },
  ...[70, 80].map(
    (slow): AdapterCheck => ({
      name: `of two held calls each gets its own answer, the ${slow === 70 ? 'first' : 'second'} one judged late`,
      async run(stage) {
        for (const [yes, no] of [
          [70, 80],
          [80, 70],
        ] as const) {
          const options: Play = {
            calls: [refund(70), refund(80)],
            answers: { 70: HOLD, 80: HOLD },
            person: { [yes]: 'approved', [no]: 'denied' },
            onEvaluate: ({ value }) => (value === slow ? later() : undefined),
          }
          const { ran, evaluator, settled } = await playHeld(stage, options)
          expectSame('amounts that the tool was run with', ran, [yes])
          expectSame('evaluations', evaluator.requests.length, 2)
          expectSame('outcomes', (await settled()).outcomes, ['BLOCKED', 'SUCCESS'])
        }
      },
    }),
  ),
  {
    name: 'the same answer sent twice runs the call once',
    async run(stage) {
      const options: Play = { calls: [refund(80)], answers: { 80: HOLD }, person: { 80: 'approved' } }
      const played = await play(stage, options)
      await resume(played, options)
      // Some frameworks refuse the second by an error of their own.
      await resume(played, options).catch(() => undefined)
      expectSame('amounts that the tool was run with', played.ran, [80])
      expectSame('outcomes', (await played.settled()).outcomes, ['SUCCESS'])
    },
  },
  {
    name: 'a held call is answered in another process, and runs there once',
    async run(stage) {
      const options: Play = { calls: [refund(80)], answers: { 80: HOLD }, person: { 80: 'approved' } }
      const played = await play(stage, options)
      const other = stage.createGuard({ evaluator: played.evaluator, evaluation: { retries: 0 } })
      await resume(played, options, other)
      await other.flush()
      expectSame('amounts that the tool was run with', played.ran, [80])
      expectSame('evaluations', played.evaluator.requests.length, 1)
      expectSame('reports', await played.settled(), { outcomes: ['SUCCESS'], effects: ['succeeded'] })
    },
  },
  {
    name: 'an approval that has expired runs nothing',
    async run(stage) {
      let now = Date.now()
      const options: Play = { calls: [refund(80)], answers: { 80: HOLD }, person: { 80: 'approved' }, now: () => now }
      const played = await play(stage, options)
      now += 2 * DAY_MS
      await resume(played, options).catch(() => undefined)
      expectSame('amounts that the tool was run with', played.ran, [])
      expectSame('whether a success was reported', (await played.settled()).outcomes.includes('SUCCESS'), false)
    },
  },
]

function later(): Promise<void> {
  return new Promise((resolve) => setTimeout(resolve, 5))
}

function byNumber(a: number, b: number): number {
  return a - b
}
