import { guardedCallOf, type RefundArguments } from '../tortured-call.ts'
import type { Agent, Stage } from './stage.ts'

/** The guard without a framework. Held calls wait in process; half of those that are found again are taken up by their approval. */
export function createBareAgent(stage: Stage): Agent {
  return async (n) => {
    const { guard } = stage
    const approvalId = stage.load(n)
    const begun =
      approvalId !== null && n % 2 === 0
        ? await guard.resume(approvalId, { takesEdits: true })
        : await guard.begin(guardedCallOf(n))
    if (begun.disposition === 'await_approval') stage.save(n, (await begun.approval()).request_id)
    // Checked by the tool itself: what a reviewer wrote comes from outside.
    await begun.run((args) => stage.refund(args as RefundArguments))
  }
}
