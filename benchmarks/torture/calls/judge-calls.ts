import { existsSync, readFileSync } from 'node:fs'
import { join } from 'node:path'
import { type ApprovalItem, canonicalJson, type EffectState } from '@bighub/core/protocol'
import { createEngine, type Engine, type LogRecord } from '@bighub/engine'
import { argumentsOf, EDITED_AMOUNT, fateOf, type RefundArguments } from './tortured-call.ts'

/** How calls ended. What must never be counts every call of the file, the rest those that were killed in flight. */
export interface CallFigures {
  runs: number
  executed: number
  refused: number
  unknown: number
  /** Without an end, or on record as run without a trace of it. */
  lost: number
  /** Run more than once. */
  doubled: number
  /** Run with other arguments than were judged, or approved. */
  wrong: number
  /** Run although nobody approved it, or it was blocked, or without a claim. */
  unapproved: number
}

export const NO_CALLS: Readonly<CallFigures> = {
  runs: 0,
  executed: 0,
  refused: 0,
  unknown: 0,
  lost: 0,
  doubled: 0,
  wrong: 0,
  unapproved: 0,
}

export interface Judged {
  readonly figures: CallFigures
  /** What must never be, in words. */
  readonly violations: readonly string[]
}

/** One decision about a call, as the log tells it. */
interface Decision {
  readonly requestId: string
  readonly args: RefundArguments
  readonly result: string
  approval: ApprovalItem | null
  effect: EffectState | null
  isBlockedOutcome: boolean
}

/**
 * Looks at what the tool wrote and at what the log says, call by call, once everybody is done.
 *
 * @param killed - Calls whose process was killed while they were in flight.
 * @param answered - Answers that were acknowledged: the approval's id and what became of it.
 */
export async function judgeCalls(
  folder: string,
  facts: {
    readonly count: number
    readonly killed: ReadonlySet<number>
    readonly answered: ReadonlyMap<string, string>
    /** The judge's clock: how far it is ahead, in milliseconds. */
    readonly ahead: number
  },
): Promise<Judged> {
  const engine = createEngine({ file: join(folder, 'decisions.db'), now: () => Date.now() + facts.ahead })
  try {
    // Expires what is overdue, and looks which claims have lost their process.
    await engine.approvals.list({ status: 'all', limit: 1 })
    await engine.openEffects()
    const decisions = await readDecisions(engine)
    const executions = readExecutions(folder)
    const figures: CallFigures = { ...NO_CALLS }
    const violations: string[] = []
    for (let n = 0; n < facts.count; n++) {
      const { end, faults } = judgeCall(n, decisions.get(n) ?? [], executions.get(n) ?? [])
      for (const fault of faults) {
        figures[fault.kind]++
        violations.push(`call ${n} (${fateOf(n)}): ${fault.text}`)
      }
      if (!facts.killed.has(n)) continue
      figures.runs++
      if (end !== null) figures[end]++
    }
    for (const [requestId, status] of facts.answered) {
      const item = await engine.getApproval(requestId)
      if (isOnRecord(status, item)) continue
      figures.lost++
      violations.push(`the answer to ${requestId} was acknowledged as ${status}, and the log says ${item.status}`)
    }
    const log = await engine.verifyLog()
    if (!log.valid) violations.push(`the chain is broken: ${log.fault?.problem} at record ${log.fault?.seq}`)
    const state = await engine.verifyState()
    if (!state.equal) violations.push('the learned state is not what the log folds to')
    return { figures, violations }
  } finally {
    await engine.close()
  }
}

/** An approval that could not be used any more ends as cancelled; that somebody gave it stays on record. */
function isOnRecord(status: string, item: ApprovalItem): boolean {
  return status === 'cancelled' ? typeof item.superseded_by === 'string' : item.resolution === status
}

interface Fault {
  readonly kind: 'lost' | 'doubled' | 'wrong' | 'unapproved'
  readonly text: string
}

function judgeCall(
  n: number,
  decisions: readonly Decision[],
  amounts: readonly number[],
): { readonly end: 'executed' | 'refused' | 'unknown' | null; readonly faults: readonly Fault[] } {
  const faults: Fault[] = []
  const claimed = decisions.filter(({ effect }) => effect !== null && effect !== 'not_run')
  const ran = claimed.filter(({ effect }) => effect === 'succeeded' || effect === 'failed')
  if (amounts.length > 1) faults.push({ kind: 'doubled', text: `ran ${amounts.length} times` })
  if (claimed.length > 1) faults.push({ kind: 'doubled', text: `was claimed by ${claimed.length} decisions` })
  for (const amount of amounts) {
    const decision = claimed.find(({ args }) => args.amount === amount)
    if (!isMeant(n, amount)) faults.push({ kind: 'wrong', text: `ran with ${amount}` })
    else if (claimed.length > 0 && !decision)
      faults.push({ kind: 'wrong', text: `ran with ${amount}, and was claimed with ${claimed[0]?.args.amount}` })
    if (!decision || !isPermitted(decision)) faults.push({ kind: 'unapproved', text: `ran with ${amount} unapproved` })
  }
  if (ran.length > 0 && amounts.length === 0) faults.push({ kind: 'lost', text: `is on record as run, and did not` })
  if (ran.length > 0) return { end: 'executed', faults }
  if (claimed.some(({ effect }) => effect === 'unknown' || effect === 'aborted')) return { end: 'unknown', faults }
  if (claimed.length === 0 && decisions.length > 0 && decisions.every(isRefused)) return { end: 'refused', faults }
  const told = decisions.map(({ requestId, result, approval, effect }) =>
    canonicalJson({ requestId, result, approval: approval?.status ?? null, effect }),
  )
  return { end: null, faults: [...faults, { kind: 'lost', text: `has no end: ${told.join(', ') || 'no decision'}` }] }
}

/** Whether anybody ever meant the call to run with this: the model wrote it, or the reviewer, for a call that is one's to change. */
function isMeant(n: number, amount: number): boolean {
  return fateOf(n) === 'edit' ? amount === EDITED_AMOUNT : amount === argumentsOf(n).amount
}

function isPermitted({ args, result, approval }: Decision): boolean {
  const fate = fateOf(args.n)
  if (fate === 'run') return result === 'allowed'
  if (fate === 'deny' || fate === 'ignore' || fate === 'block') return false
  return approval?.status === 'approved' && typeof approval.consumed_at === 'string'
}

function isRefused({ result, approval, effect, isBlockedOutcome }: Decision): boolean {
  if (result === 'blocked' || effect === 'not_run' || isBlockedOutcome) return true
  return approval !== null && approval.status !== 'pending' && approval.status !== 'approved'
}

async function readDecisions(engine: Engine): Promise<Map<number, Decision[]>> {
  const calls = new Map<number, Decision[]>()
  const byId = new Map<string, Decision>()
  let isHeader = true
  for await (const line of engine.exportLog()) {
    if (isHeader) {
      isHeader = false
      continue
    }
    // Lines of an export are records.
    const record = JSON.parse(line) as LogRecord
    if (record.type === 'evaluation') {
      const decision = toDecision(record)
      byId.set(record.subject, decision)
      calls.set(decision.args.n, [...(calls.get(decision.args.n) ?? []), decision])
    }
    const decision = byId.get(record.subject)
    if (!decision) continue
    if (record.kept['claim']) decision.effect = 'claimed'
    if (record.type === 'effect_settled') decision.effect = record.kept['state'] as EffectState
    if (record.type === 'outcome') decision.isBlockedOutcome = record.kept['status'] === 'BLOCKED'
  }
  for (const decision of byId.values())
    if (decision.result === 'requires_approval') decision.approval = await engine.getApproval(decision.requestId)
  return calls
}

function toDecision(record: LogRecord): Decision {
  const request = record.payload?.['request'] as {
    readonly context: { readonly call: { readonly arguments: RefundArguments } }
  }
  return {
    requestId: record.subject,
    args: request.context.call.arguments,
    result: String(record.kept['result']),
    approval: null,
    effect: null,
    isBlockedOutcome: false,
  }
}

/** With which amounts each call really ran, in order. */
function readExecutions(folder: string): Map<number, number[]> {
  const file = join(folder, 'executions.txt')
  const executions = new Map<number, number[]>()
  if (!existsSync(file)) return executions
  for (const line of readFileSync(file, 'utf8').split('\n')) {
    if (line === '') continue
    const [n = NaN, amount = NaN] = line.split(' ').map(Number)
    executions.set(n, [...(executions.get(n) ?? []), amount])
  }
  return executions
}
