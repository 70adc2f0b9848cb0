import type { ApprovalItem, Ledger } from '../../protocol/index.ts'
import type { ResolvedGuardOptions } from '../guard-options.ts'
import type { GuardedCall } from '../translate/guarded-call.ts'
import { toResolution } from './approval-request.ts'

export interface AskForApprovalSettings {
  readonly ledger: Ledger
  readonly call: GuardedCall
  readonly options: ResolvedGuardOptions['approvals']
  readonly signal: AbortSignal | undefined
  /** Told how the approval ended. */
  readonly onEnd: (approval: ApprovalItem) => void
}

/**
 * Waits in this process until the approval has ended: answered through the callback, through the ledger by anybody else, or
 * expired. When the wait is over or the run ends first, the approval is cancelled, since nothing would resume the call.
 *
 * A callback that throws counts as no answer.
 */
export async function askForApproval(pending: ApprovalItem, settings: AskForApprovalSettings): Promise<ApprovalItem> {
  const { ledger, signal, options, onEnd } = settings
  const requestId = pending.request_id
  const over = new AbortController()
  const onAbort = (): void => over.abort(signal?.reason)
  if (signal?.aborted) onAbort()
  else signal?.addEventListener('abort', onAbort, { once: true })
  try {
    const callback = askCallback(pending, over.signal, settings)
    // The wait ends with the record's end, whoever brought it about; the callback only adds an answer to it.
    void callback.catch(() => undefined)
    const waited = await ledger.getApproval(requestId, { waitMs: options.waitMs, signal: over.signal })
    if (waited.status !== 'pending') {
      onEnd(waited)
      return waited
    }
    const reason = signal?.aborted ? 'the run was aborted' : `no answer within ${options.waitMs} ms`
    const ended = await ledger.cancelApproval(requestId, { reason })
    onEnd(ended)
    return ended
  } finally {
    signal?.removeEventListener('abort', onAbort)
    over.abort()
  }
}

async function askCallback(
  approval: ApprovalItem,
  signal: AbortSignal,
  settings: AskForApprovalSettings,
): Promise<void> {
  const { ledger, call, options } = settings
  const answer = await options.onRequest?.({
    requestId: approval.request_id,
    tool: call.tool,
    callId: call.callId ?? null,
    approval,
    signal,
  })
  if (!answer || signal.aborted) return
  await ledger.resolveApproval(approval.request_id, toResolution(answer), {
    resolvedBy: answer.resolvedBy ?? 'application',
  })
}
