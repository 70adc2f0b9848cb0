export type { ApprovalAnswer, ApprovalRequest } from './approval/approval-request.ts'
export type { Admission, BegunCall, RunResult } from './begun-call.ts'
export type { EvaluatorAnswer } from './disposition/evaluator-answer.ts'
export type { Refusal, RefusalKind } from './disposition/refusal.ts'
export {
  type Disposition,
  type DispositionCause,
  type DispositionOptions,
  type EvaluationResult,
  type ResolvedDisposition,
  resolveDisposition,
} from './disposition/resolve-disposition.ts'
export type { DryRun, Guard } from './guard.ts'
export type {
  ApprovalOptions,
  EvaluationOptions,
  FailMode,
  GuardMode,
  GuardOptions,
  ModelView,
  OnCaution,
  ResolvedGuardOptions,
} from './guard-options.ts'
export type { OnFullOutbox, OutboxEntry, OutboxOptions, OutboxStore } from './outbox/outbox-store.ts'
export type { Reconciliation } from './outcome/reconcile-effects.ts'
export { viewOf } from './redaction/view-of.ts'
export type { Coverage } from './telemetry/coverage.ts'
export type { GuardEventName, GuardEvents, GuardListener } from './telemetry/guard-events.ts'
export {
  type CallEnd,
  type MappedOutcome,
  type ReconciledState,
  type ToolArguments,
  type ToolOptions,
  type ToolOptionsByName,
  toolOptionsFor,
} from './tool-options.ts'
export type { RunDescription } from './trajectory/run-state.ts'
export type { GuardedCall, ResumedCall } from './translate/guarded-call.ts'
