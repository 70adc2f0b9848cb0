import { provenanceLabelSchema } from '@bighub/core/protocol'
import * as z from 'zod'
import type { NormalisedRequest } from '../evaluate/normalise-request.ts'
import type { RiskModelOptions } from '../risk/context-mixing-model.ts'
import type { BacktestEvent } from './backtest.ts'

/** One line of the stream format. `observation`, `tool_error`, `bad`, `outcome_delay` and `meta` are known only afterwards. */
export const streamLineSchema = z.looseObject({
  stream: z.string(),
  i: z.int().min(0),
  time: z.union([z.string(), z.number()]).nullish(),
  trajectory_id: z.union([z.string(), z.number()]).nullish(),
  step: z.int().min(0).nullish(),
  actor: z.string().nullish(),
  domain: z.string().nullish(),
  action: z.string().min(1),
  target: z.union([z.string(), z.number(), z.boolean()]).nullish(),
  value: z.number().nullish(),
  mutating: z.boolean().nullish(),
  arguments: z.record(z.string(), z.unknown()).nullish(),
  context: z.record(z.string(), z.unknown()).nullish(),
  provenance: z.record(z.string(), provenanceLabelSchema).nullish(),
  user_text: z.string().nullish(),
  observation: z.string().nullish(),
  tool_error: z.boolean().nullish(),
  bad: z.union([z.literal(0), z.literal(1)]).nullish(),
  /** Decisions after this one that are scored before its outcome is known. */
  outcome_delay: z.int().min(0).nullish(),
})
export type StreamLine = z.infer<typeof streamLineSchema>

/**
 * A stream has no clock: its delays are decisions. Lines are read as they stand, and everything is learned at once, so that figures
 * can be compared with those of other programs.
 */
const STREAM_MODEL: RiskModelOptions = {
  ageUnit: 'decisions',
  treesInstallAfter: 0,
  keepsFieldOrder: true,
}

/** Most runs whose last tool output is remembered. */
const MAX_RUNS = 10_000

/**
 * Turns lines into events in the order in which things were known: the outcome of line i comes right after line
 * i + outcome_delay was judged, and a tool's output is heard of with the next line of its run.
 */
export class DecisionStream {
  readonly #due = new Map<number, BacktestEvent[]>()
  readonly #last = new Map<string, { text: string; error: boolean; tool: string }>()
  readonly #userText = new Map<string, string>()
  #position = 0

  /** Everything that happens up to and including the judgement of this line. */
  add(line: StreamLine): BacktestEvent[] {
    const due = this.#due.get(this.#position) ?? []
    this.#due.delete(this.#position)
    // Not the line's own number: a file may hold several streams, each of which counts from 0.
    const key = String(this.#position)
    const label = line.bad ?? null
    const decision: BacktestEvent = {
      type: 'decision',
      key,
      at: timeOf(line),
      request: this.#toRequest(line),
      label,
      model: STREAM_MODEL,
      isClosed: label === null,
    }
    if (label !== null) this.#schedule(line, key, label)
    this.#position++
    this.#remember(line)
    return [...due, decision]
  }

  #schedule(line: StreamLine, key: string, label: 0 | 1): void {
    const when = this.#position + 1 + (line.outcome_delay ?? 0)
    const due = this.#due.get(when) ?? []
    const status = label === 1 ? 'FAILURE' : 'SUCCESS'
    const category = label === 1 ? 'negative' : 'positive'
    due.push({
      type: 'outcome',
      key,
      // Ages are decisions on this format; the time is that of the decision.
      at: timeOf(line),
      outcome: { request_id: key, status, category, severity: label, label },
      isScored: false,
      isClosed: true,
    })
    this.#due.set(when, due)
  }

  #toRequest(line: StreamLine): NormalisedRequest {
    const run = line.trajectory_id == null ? null : String(line.trajectory_id)
    const before = run === null ? undefined : this.#last.get(run)
    const heard = run === null ? undefined : this.#userText.get(run)
    return {
      action: line.action,
      actor: line.actor ?? 'AI_AGENT',
      value: line.value ?? null,
      target: line.target == null ? null : String(line.target),
      domain: line.domain ?? null,
      isDryRun: false,
      neededConnection: null,
      trajectoryId: run,
      call: {
        tool: line.action,
        // What a stream tells of has happened, whatever is advised about it now.
        shadow: true,
        arguments: line.arguments ?? {},
        ...(line.mutating == null ? {} : { mutating: line.mutating }),
        ...(line.provenance ? { provenance: line.provenance } : {}),
      },
      run: {
        ...newWords(line.user_text ?? '', heard ?? ''),
        ...(before ? { observations: [before] } : {}),
      },
      context: line.context ?? {},
      recorded: {},
      canonical: `${line.stream}:${line.i}`,
    }
  }

  #remember(line: StreamLine): void {
    if (line.trajectory_id == null) return
    const run = String(line.trajectory_id)
    this.#last.delete(run)
    this.#last.set(run, { text: line.observation ?? '', error: line.tool_error ?? false, tool: line.action })
    if (line.user_text) this.#userText.set(run, line.user_text)
    if (this.#last.size <= MAX_RUNS) return
    const oldest = this.#last.keys().next()
    if (oldest.done) return
    this.#last.delete(oldest.value)
    this.#userText.delete(oldest.value)
  }
}

/** What the user has said since. Lines may repeat all that was said before. */
function newWords(text: string, heard: string): { user_text?: string } {
  const words = text.startsWith(heard) ? text.slice(heard.length) : text
  return words === '' ? {} : { user_text: words }
}

/** A stream without times gets one second a line, so that nothing depends on the wall clock. */
function timeOf(line: StreamLine): number {
  const time = typeof line.time === 'string' ? Date.parse(line.time) : (line.time ?? Number.NaN)
  return Number.isFinite(time) ? time : line.i * 1000
}
