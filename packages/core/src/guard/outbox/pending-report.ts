import type { Evaluator, IngestEvent, Ledger, OutcomeReportRequest, SettleEffectRequest } from '../../protocol/index.ts'
import type { OutboxEntry } from './outbox-store.ts'

/** What is delivered of one call's end: the effect's settlement, then the outcome. */
export interface EndReport {
  readonly tool: string
  readonly evaluator: Evaluator
  readonly effect: {
    readonly ledger: Ledger
    readonly effectId: string
    readonly settlement: SettleEffectRequest
  } | null
  readonly outcome: OutcomeReportRequest | null
  /** What the evaluator is told of a call that it did not judge. */
  readonly late: IngestEvent | null
}

/** A report that waits, and how it is called wherever it is kept. */
export interface PendingReport extends EndReport {
  readonly id: string
  /** It is in the store as well. */
  readonly isStored: boolean
}

interface Written {
  readonly tool: string
  readonly effect: { readonly id: string; readonly settlement: SettleEffectRequest } | null
  readonly outcome: OutcomeReportRequest | null
  readonly late: IngestEvent | null
}

export function toEntry({ id, tool, effect, outcome, late }: PendingReport): OutboxEntry {
  const written: Written = {
    tool,
    effect: effect && { id: effect.effectId, settlement: effect.settlement },
    outcome,
    late,
  }
  return { id, text: JSON.stringify(written) }
}

/** A report of an earlier process. Null for what this program did not write. */
export function fromEntry(
  { id, text }: OutboxEntry,
  to: { readonly evaluator: Evaluator; readonly ledger: Ledger },
): PendingReport | null {
  let written: Partial<Written> | null
  try {
    written = JSON.parse(text) as Partial<Written> | null
  } catch {
    return null
  }
  if (typeof written?.tool !== 'string') return null
  const { tool, effect, outcome, late } = written
  return {
    id,
    tool,
    evaluator: to.evaluator,
    effect: effect ? { ledger: to.ledger, effectId: effect.id, settlement: effect.settlement } : null,
    outcome: outcome ?? null,
    late: late ?? null,
    isStored: true,
  }
}
