import type { Evaluator, IngestEvent } from '../../protocol/index.ts'
import type { BegunCallFacts } from '../begun-call.ts'
import type { ResolvedGuardOptions } from '../guard-options.ts'
import type { ReportedEnd } from '../outcome/classify-end.ts'
import { viewOf } from '../redaction/view-of.ts'
import { translateCall } from '../translate/to-request.ts'

/** An evaluator that takes events of calls which it did not judge. */
export interface EventTaker extends Evaluator {
  readonly ingest: { event(event: IngestEvent): Promise<unknown> }
}

export function takesEvents(evaluator: Evaluator): evaluator is EventTaker {
  const { ingest } = evaluator as Partial<EventTaker>
  return evaluator.isRemote === true && typeof ingest?.event === 'function'
}

/**
 * What an evaluator is told later of a call that ran while it was away (guard.md §2): an event under the call's effect key, marked with
 * the fail mode that let it run. Null for a call that cannot be read.
 *
 * @param at - When it ended, in milliseconds since the epoch.
 */
export function toLateEvent(
  { call, tool, run, effectKey, failMode, resolved }: BegunCallFacts,
  guard: ResolvedGuardOptions,
  end: ReportedEnd | null,
  at: number,
): IngestEvent | null {
  // In shadow everything runs, whatever the fail mode says.
  const letRunBy = resolved.cause === 'shadow' ? 'shadow' : failMode
  try {
    const { action, actor, domain, value, target } = translateCall(call, tool, guard)
    return {
      event_type: 'ACTION_EXECUTED',
      event_id: `guard:${effectKey}`,
      external_ref: effectKey,
      session_id: run.id,
      timestamp: new Date(at).toISOString(),
      adapter: 'guard',
      ...(domain === null ? {} : { domain }),
      action: {
        action,
        actor,
        tool: call.tool,
        arguments: viewOf(call.arguments, guard),
        ...(value === null ? {} : { value }),
        ...(target === null ? {} : { target }),
      },
      context: { fail_mode: letRunBy },
      ...(end === null ? {} : { outcome: { status: end.status, ...(end.details ? { details: end.details } : {}) } }),
      tags: [`fail_mode:${letRunBy}`],
    }
  } catch {
    // It ran in fail mode `open` though nobody could read it; there is nothing to tell.
    return null
  }
}
