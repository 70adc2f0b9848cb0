import { type DecisionApi, type Evaluator, type Guard, viewOf } from '@bighub/core'
import type { ToolExecutionEvent } from '../calls/tool-execution-event.ts'
import type { ResolvedOptions } from '../guarded-openai-options.ts'

/** Most events that one request takes (protocol §7.1). */
const MAX_EVENTS = 1000

type IngestMemory = DecisionApi['actions']['ingestMemory']

/** Tells the evaluator's decision memory what a run did, if it has one. Best effort: nothing waits long and nothing throws. */
export class MemorySender {
  readonly #guard: Guard
  readonly #options: ResolvedOptions['memory']
  readonly #pending = new Set<Promise<unknown>>()

  constructor(guard: Guard, options: ResolvedOptions['memory']) {
    this.#guard = guard
    this.#options = options
  }

  /** Sends the events of a run, and waits for that no longer than the timeout. */
  async send(events: readonly ToolExecutionEvent[], run: { traceId: string; model: string | null }): Promise<void> {
    const ingest = findIngest(this.#guard.options.evaluator)
    if (!this.#options.enabled || !ingest) return
    for (let first = 0; first < events.length; first += MAX_EVENTS)
      await this.#sendSome(ingest, events.slice(first, first + MAX_EVENTS), run)
  }

  /** Waits until nothing is on its way any more. */
  async flush(): Promise<void> {
    await Promise.all(this.#pending)
  }

  async #sendSome(
    ingest: IngestMemory,
    events: readonly ToolExecutionEvent[],
    run: { traceId: string; model: string | null },
  ): Promise<void> {
    const { actor, domain, redaction } = this.#guard.options
    const sending = (async () =>
      ingest({
        source: this.#options.source,
        source_version: this.#options.sourceVersion,
        actor,
        domain,
        model: run.model,
        trace_id: run.traceId,
        redact: redaction,
        redaction_policy: 'default',
        events: events.map((event) => ({ ...event, ...maskedFields(event, redaction) })),
      }))().catch(() => undefined)
    this.#pending.add(sending)
    void sending.then(() => this.#pending.delete(sending))
    await settledWithin(sending, this.#options.timeoutMs)
  }
}

/** Secrets are masked before they leave the process, whatever the receiver does besides. */
function maskedFields({ arguments: args, output, error }: ToolExecutionEvent, redaction: boolean): object {
  const masked = viewOf({ args, output, error }, { redaction })
  return { arguments: masked['args'], output: masked['output'], error: masked['error'] }
}

function findIngest(evaluator: Evaluator): IngestMemory | undefined {
  const { actions } = evaluator as Partial<Pick<DecisionApi, 'actions'>>
  return typeof actions?.ingestMemory === 'function' ? actions.ingestMemory.bind(actions) : undefined
}

async function settledWithin(promise: Promise<unknown>, timeoutMs: number): Promise<void> {
  const { promise: over, resolve } = Promise.withResolvers<void>()
  const timer = setTimeout(resolve, timeoutMs)
  await Promise.race([promise, over])
  clearTimeout(timer)
}
