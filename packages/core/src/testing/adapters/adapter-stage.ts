import type { Guard, GuardOptions } from '../../guard/index.ts'
import type { EvaluateRequest } from '../../protocol/index.ts'
import { createScriptedEvaluator, type ScriptedAnswer, type ScriptedEvaluator } from '../scripted-evaluator.ts'
import type { AdapterRun, AdapterSubject, ProposedCall } from './adapter-subject.ts'

/** A check that every adapter passes, on every version of its framework. */
export interface AdapterCheck {
  /** A sentence about behaviour. */
  readonly name: string
  /** @throws Error saying what was expected and what happened. */
  run(stage: AdapterStage): Promise<void>
}

/** What checks are told of the world they run in. */
export interface AdapterStage {
  readonly subject: AdapterSubject
  readonly mode: string
  /** Makes a guard; checks cannot, since the entry for the runtime does. */
  readonly createGuard: (options: GuardOptions) => Guard
}

export interface Play {
  readonly calls: readonly ProposedCall[]
  /** The evaluator's answer by the call's amount. @defaultValue proceed */
  readonly answers?: Readonly<Record<number, ScriptedAnswer>>
  /** Asked before each answer; what it throws fails the evaluation. */
  readonly onEvaluate?: (request: EvaluateRequest) => void | Promise<void>
  /** What the tool does besides. */
  readonly onRun?: (amount: number) => void | Promise<void>
  readonly guard?: Partial<GuardOptions>
  /** Answers of a person by amount. */
  readonly person?: Readonly<Record<number, 'approved' | 'denied'>>
  readonly signal?: AbortSignal
  readonly wraps?: number
  readonly now?: () => number
}

export interface Played {
  readonly run: AdapterRun
  readonly guard: Guard
  readonly evaluator: ScriptedEvaluator
  /** Amounts that the tool was run with. */
  readonly ran: readonly number[]
  /** Waits for the reports and says what was reported, sorted. */
  settled(): Promise<{ readonly outcomes: readonly string[]; readonly effects: readonly string[] }>
}

/** Runs the subject under a guard with a scripted evaluator, up to its end or its pause. */
export async function play({ subject, mode, createGuard }: AdapterStage, options: Play): Promise<Played> {
  const { calls, answers = {}, onEvaluate, onRun, person = {}, signal, wraps = 1, now } = options
  const ran: number[] = []
  const evaluator = createScriptedEvaluator({
    answers: async (request) => {
      await onEvaluate?.(request)
      return answers[request.value ?? Number.NaN] ?? 'proceed'
    },
    ...(now ? { now } : {}),
  })
  const guard = createGuard({
    evaluator,
    evaluation: { retries: 0 },
    ...(subject.holds === 'wait'
      ? {
          approvals: {
            onRequest: ({ approval }) => ({ resolution: person[amountOf(approval.arguments)] ?? 'denied' }),
          },
        }
      : {}),
    ...options.guard,
  })
  const run = await subject.run({ mode, guard, wraps, execute: createTool(ran, onRun), calls, signal })
  return {
    run,
    guard,
    evaluator,
    ran,
    async settled() {
      await guard.flush()
      return {
        outcomes: evaluator.outcomes.map((each) => each.status).toSorted(byText),
        effects: evaluator.settlements.map((each) => each.state).toSorted(byText),
      }
    },
  }
}

/** {@link play}, and a person's answers to the calls that were held. */
export async function playHeld(stage: AdapterStage, options: Play): Promise<Played> {
  const played = await play(stage, options)
  const run = stage.subject.holds === 'pause' ? await resume(played, options) : played.run
  return { ...played, run }
}

/** Goes on after a pause with the answers that {@link Play.person} gives. */
export async function resume(played: Played, { calls, person = {} }: Play, guard?: Guard): Promise<AdapterRun> {
  if (!played.run.resume) throw new Error('the run was expected to pause for a held call, and did not')
  const answers = calls.flatMap(([id, , args]) => {
    const answer = person[amountOf(args)]
    return answer ? [[id, answer] as const] : []
  })
  return played.run.resume(Object.fromEntries(answers), guard)
}

/** The same without a guard: what a user had before. */
export async function playBare({ subject, mode }: AdapterStage, options: Play): Promise<AdapterRun> {
  const { calls, onRun, signal } = options
  return subject.run({ mode, guard: null, wraps: 0, execute: createTool([], onRun), calls, signal })
}

/** The call of a check: its id is its amount in words, so that messages say which is meant. */
export function refund(amount: number): ProposedCall {
  return [`call_${amount}`, 'refund', { amount }]
}

/** @throws Error naming what differs, unless both are the same as JSON. */
export function expectSame(what: string, actual: unknown, expected: unknown): void {
  const [a, b] = [JSON.stringify(actual), JSON.stringify(expected)]
  if (a !== b) throw new Error(`${what}: expected ${b}, got ${a}`)
}

/** @throws Error unless the text matches. */
export function expectText(what: string, text: string | undefined, pattern: RegExp): void {
  if (!pattern.test(text ?? '')) throw new Error(`${what}: expected ${String(pattern)}, got ${JSON.stringify(text)}`)
}

function createTool(ran: number[], onRun: Play['onRun']): (amount: number) => Promise<string> {
  return async (amount) => {
    ran.push(amount)
    await onRun?.(amount)
    return `refunded ${amount}`
  }
}

function amountOf(args: unknown): number {
  return Number((args as { readonly amount?: unknown } | null | undefined)?.amount)
}

function byText(a: string, b: string): number {
  return a < b ? -1 : a > b ? 1 : 0
}
