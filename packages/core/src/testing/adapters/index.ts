import type { AdapterCheck } from './adapter-stage.ts'
import { ABORT_CHECKS } from './checks/aborts.ts'
import { DISPOSITION_CHECKS } from './checks/dispositions.ts'
import { FAILURE_CHECKS } from './checks/failures.ts'
import { HOLD_CHECKS } from './checks/holds.ts'

export type { AdapterCheck, AdapterStage } from './adapter-stage.ts'
export type { AdapterRun, AdapterRunOptions, AdapterSubject, ProposedCall } from './adapter-subject.ts'

/** What every adapter does on every version of its framework; a subject lists with reasons what does not apply to it. */
export const ADAPTER_CHECKS: readonly AdapterCheck[] = [
  ...DISPOSITION_CHECKS,
  ...FAILURE_CHECKS,
  ...HOLD_CHECKS,
  ...ABORT_CHECKS,
]
