import { ACTION_CASES } from './cases/actions.ts'
import { OPERATOR_CASES } from './cases/operator.ts'
import { OUTCOME_CASES } from './cases/outcomes.ts'
import type { ConformanceCase } from './conformance-case.ts'

export type { CaseTools, ConformanceCase } from './conformance-case.ts'
export { normaliseTranscript, recordCalls, type TranscriptEntry } from './transcript.ts'

/** Every story; together they call every method of the route table. */
export const CONFORMANCE_CASES: readonly ConformanceCase[] = [...ACTION_CASES, ...OUTCOME_CASES, ...OPERATOR_CASES]
