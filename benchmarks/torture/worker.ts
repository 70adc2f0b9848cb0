// A process under load, to be killed at any moment: `worker.ts FOLDER FIRST SEED`. It makes guarded calls with outcomes, holds
// that are answered and effects, from call number FIRST on, and says on standard output what was acknowledged to it.
import { appendFileSync, writeSync } from 'node:fs'
import { join } from 'node:path'
import { createGuard } from '@bighub/core'
import { createEngine } from '@bighub/engine'

/** Calls under way at once. */
const CALLERS = 4

const [folder = '.', first = '0', seed = '1'] = process.argv.slice(2)
const engine = createEngine({ file: join(folder, 'decisions.db'), snapshotEvery: 500 })
const guard = createGuard({
  evaluator: engine,
  actor: 'worker',
  domain: 'torture',
  approvals: {
    onRequest: async ({ approval }) => ({
      resolution: Number(approval.arguments?.['n'] ?? 0) % 3 === 0 ? 'denied' : 'approved',
      resolvedBy: 'the torture',
    }),
  },
})

// One line each, written at once: what stands in the pipe was acknowledged before the process died.
const say = (kind: string, ...facts: readonly string[]): void => void writeSync(1, `${[kind, ...facts].join(' ')}\n`)
const requestIds = new Map<string, string>()
guard.on('evaluation-end', ({ answer, callId }) => {
  if (!answer?.request_id || callId === null) return
  requestIds.set(callId, answer.request_id)
  say('evaluated', answer.request_id)
})
guard.on('approval-answer', ({ approval }) => say('answered', approval.request_id, approval.status))
guard.on('outcome-report', ({ outcome }) => outcome?.request_id && say('outcome', outcome.request_id, outcome.status))

// Deleting takes a person, so that there are holds.
const rules = await engine.constraints.list()
if (rules.length === 0)
  await engine.constraints.create({
    name: 'deleting takes a person',
    domain: 'torture',
    conditions: { action: 'delete_record' },
    action_on_match: 'review',
  })

let next = Number(first)
await Promise.all(Array.from({ length: CALLERS }, callForEver))

async function callForEver(): Promise<never> {
  for (;;) {
    const n = next++
    const callId = `call_${n}`
    say('call', String(n))
    // The same number is the same call in every process: same run, same id, same arguments.
    const call = {
      tool: n % 4 === 0 ? 'delete_record' : 'write_record',
      arguments: { n, amount: (n * 37) % 100, kind: `k${(n * Number(seed)) % 5}` },
      callId,
      runId: `run_${n >> 3}`,
      options: { mutating: true, target: () => `record-${n % 50}` },
    }
    const execute = (): string => {
      // Appended in one write, so that a kill leaves the whole line or none of it.
      appendFileSync(join(folder, 'executions.txt'), `${callId} ${requestIds.get(callId) ?? '-'}\n`)
      if (n % 11 === 0) throw new Error('the tool failed')
      return `done ${n}`
    }
    await guard.run(call, execute).catch(() => undefined)
    // Time for outcomes to be delivered and for signals to arrive.
    await new Promise((resolve) => setImmediate(resolve))
  }
}
