export { type ApprovalStatus, type GuardApprovalSettings, guardApproval, type ProposedCall } from './guard-approval.ts'
export { guardTools } from './guard-tools.ts'
export { recordAnswers } from './hold/record-answers.ts'
