import { InvalidInputError, type Policy, type PolicyUpdate, policySchema } from '@bighub/core/protocol'
import type { EngineCore } from '../engine-core.ts'

/** What the operator decides apart from constraints (engine.md §8). */
export class PolicyApi {
  readonly #core: EngineCore

  constructor(core: EngineCore) {
    this.#core = core
  }

  async get(): Promise<{ version: number; policy: Policy }> {
    const { policy, policyVersion } = await this.#core.state()
    return { version: policyVersion, policy }
  }

  /** Changes the given fields from the next evaluation on. @throws InvalidInputError naming the field. */
  async update(
    update: PolicyUpdate,
    change: { by?: string; reason?: string } = {},
  ): Promise<{ version: number; policy: Policy }> {
    const core = this.#core
    return core.run({
      sync: true,
      plan: (state) => {
        const policy = parsePolicy({ ...state.policy, ...update })
        const at = core.now()
        const version = state.policyVersion + 1
        return {
          records: [
            {
              type: 'policy_changed',
              at,
              subject: 'policy',
              kept: { policy },
              payload: { by: change.by ?? 'application', reason: change.reason ?? null },
            },
          ],
          answer: () => ({ version, policy }),
        }
      },
    })
  }
}

/** A whole policy from what the operator wrote. @throws InvalidInputError naming the field. */
export function parsePolicy(input: unknown): Policy {
  const parsed = policySchema.safeParse(input)
  if (!parsed.success) throw InvalidInputError.fromZod('a policy', parsed.error)
  return parsed.data
}
