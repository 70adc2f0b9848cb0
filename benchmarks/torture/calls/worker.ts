// A process that brings guarded calls to their end until it is killed: `worker.ts FOLDER ADAPTER ORDER SEED CLOCK`. ORDER names a file
// with the numbers of the calls, CLOCK is how far its clock is ahead, in milliseconds. It also is the desk where people answer. What
// it does stands on standard output, a line each, written at once: what is in the pipe happened before the process died.
import { appendFileSync, existsSync, readFileSync, renameSync, writeFileSync, writeSync } from 'node:fs'
import { join } from 'node:path'
import { setTimeout as wait } from 'node:timers/promises'
import { type ApprovalItem, BighubError, createGuard } from '@bighub/core'
import { createEngine } from '@bighub/engine'
import { seededRandom } from '../seeded-random.ts'
import { type Adapter, createAgent } from './agents/index.ts'
import type { Stage } from './agents/stage.ts'
import { callIdOf, EDITED_AMOUNT, failsAfterwards, fateOf, isAnsweredNatively } from './tortured-call.ts'

/** Calls under way at once. */
const CALLERS = 120
/** Longest part of a tool's work, and longest time that a person takes, in milliseconds. */
const SLOW_MS = 12
const DESK_MS = 15
/** More than an approval lasts. */
const DAY_AND_MORE = 90_000_000

const [folder = '.', adapter = 'bare', order = '', seed = '1', clock = '0'] = process.argv.slice(2)
const random = seededRandom(Number(seed))
let ahead = Number(clock)
const say = (...words: readonly (string | number)[]): void => void writeSync(1, `${words.join(' ')}\n`)

// Told to let a day pass: what waits for an answer expires.
process.on('message', () => (ahead = Number(clock) + DAY_AND_MORE))
process.channel?.unref()

const engine = createEngine({ file: join(folder, 'decisions.db'), now: () => Date.now() + ahead, snapshotEvery: 2000 })
const guard = createGuard({
  evaluator: engine,
  actor: 'agent',
  domain: 'torture',
  // Calls wait for as long as it takes: an answer, or the end of the approval.
  approvals: { waitMs: 600_000 },
  evaluation: { deadlineMs: 60_000 },
})

const numberOf = (callId: string | null): number => Number(callId?.slice(callIdOf(0).length - 1))
const approvalIds = new Map<number, string>()
guard.on('evaluation-start', ({ callId }) => say('stage', numberOf(callId), 'evaluate'))
guard.on('evaluation-end', ({ callId }) => say('stage', numberOf(callId), 'claim'))
guard.on('approval-request', ({ callId, approval }) => {
  approvalIds.set(numberOf(callId), approval.request_id)
  say('stage', numberOf(callId), 'hold')
})
guard.on('approval-answer', ({ callId }) => say('stage', numberOf(callId), 'claim'))
guard.on('execution-start', ({ callId }) => say('stage', numberOf(callId), 'run'))
guard.on('execution-end', ({ callId }) => say('stage', numberOf(callId), 'settle'))

const stage: Stage = {
  guard,
  approvalIdOf: (n) => approvalIds.get(n),

  async refund({ n, amount }) {
    await wait(random() * SLOW_MS)
    // Appended in one write, so that a kill leaves the whole line or none of it.
    appendFileSync(join(folder, 'executions.txt'), `${n} ${amount}\n`)
    await wait(random() * SLOW_MS)
    if (failsAfterwards(n)) throw new Error('the tool failed after it took effect')
    return `refunded ${amount}`
  },

  async answerTo(n, approvalId) {
    if (isNative(n)) {
      await wait(random() * DESK_MS)
      const item = await engine.getApproval(approvalId)
      if (item.status === 'pending') return { status: fateOf(n) === 'approve' ? 'approved' : 'denied' }
    }
    return engine.getApproval(approvalId, { waitMs: 600_000 })
  },

  load(n) {
    const file = fileOf(n)
    return existsSync(file) ? readFileSync(file, 'utf8') : null
  },

  save(n, text) {
    // Beside it and then renamed: a kill leaves the old one or the new one.
    writeFileSync(`${fileOf(n)}.${process.pid}`, text)
    renameSync(`${fileOf(n)}.${process.pid}`, fileOf(n))
  },
}

// The order is what the program before it wrote.
const numbers = JSON.parse(readFileSync(order, 'utf8')) as number[]
const open = new Set(numbers)
const agent = await createAgent(adapter as Adapter, stage)
await engine.statistics()
say('ready')
const desk = answerAtDesk()
await Promise.all(Array.from({ length: CALLERS }, playCalls))
await desk
await guard.close()
await engine.close()
say('done')
// Frameworks may leave timers behind.
process.exit(0)

async function playCalls(): Promise<void> {
  for (let n = numbers.shift(); n !== undefined; n = numbers.shift()) {
    say('begin', n)
    // What the tool throws is an end like any other; what nobody expected is told.
    await agent(n).catch((error: unknown) => isToolsOwn(error) || say('error', n, JSON.stringify(String(error))))
    await guard.flush()
    open.delete(n)
    say('end', n)
  }
}

function isToolsOwn(error: unknown): boolean {
  return error instanceof Error && error.message.includes('the tool failed after it took effect')
}

/** The people who answer held calls, as the fate of each says. Those that are to be ignored wait until nothing else is left. */
async function answerAtDesk(): Promise<void> {
  while (open.size > 0) {
    for (const item of await engine.approvals.list({ limit: 100 })) {
      const n = Number(item.arguments?.['n'])
      if (random() < 0.5 || isNative(n)) continue
      await answer(n, item).catch((error: unknown) => {
        // Somebody else was faster, in this process or another.
        if (!BighubError.isInstance(error)) throw error
      })
    }
    if ([...open].every((n) => fateOf(n) === 'ignore')) ahead = Number(clock) + DAY_AND_MORE
    await wait(DESK_MS)
  }
}

async function answer(n: number, { request_id: id }: ApprovalItem): Promise<void> {
  const fate = fateOf(n)
  if (fate === 'ignore') return
  say('stage', n, fate)
  const ended = await engine.resolveApproval(
    id,
    fate === 'deny'
      ? { resolution: 'denied' }
      : { resolution: 'approved', ...(fate === 'edit' ? { arguments: { n, amount: EDITED_AMOUNT } } : {}) },
    { resolvedBy: 'the desk' },
  )
  say('answered', id, ended.status)
}

/** Without a framework everybody answers at the desk. */
function isNative(n: number): boolean {
  return adapter !== 'bare' && isAnsweredNatively(n)
}

function fileOf(n: number): string {
  return join(folder, `call-${n}.txt`)
}
