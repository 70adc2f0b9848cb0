import {
  ConflictError,
  type DecisionApi,
  InvalidInputError,
  type Policy,
  type PolicyUpdate,
  type PolicyVersion,
  policySchema,
} from '@bighub/core/protocol'
import type { EngineCore } from '../engine-core.ts'
import { createResource } from '../resource.ts'

/** What a policy's records are about. */
const SUBJECT = 'policy'

/** What the operator decides apart from constraints (engine.md §8). */
export function createPolicyApi(core: EngineCore): DecisionApi['policy'] {
  async function versions(): Promise<PolicyVersion[]> {
    await core.state()
    const records = await core.storage.readSubject(SUBJECT)
    return records
      .filter((record) => record.type === 'policy_changed')
      .map((record, index) => ({
        version: index + 1,
        // Older records lack fields that have come since; they have their defaults.
        policy: policySchema.parse(record.kept['policy']),
        changed_at: new Date(record.at).toISOString(),
        changed_by: (record.payload?.['by'] as string | undefined) ?? null,
        reason: (record.payload?.['reason'] as string | null | undefined) ?? null,
      }))
      .toReversed()
  }

  return createResource('policy', {
    async get() {
      const { policy, policyVersion, promises } = await core.state()
      const [newest] = await versions()
      const version = newest ?? { version: policyVersion, policy, changed_at: null, changed_by: null, reason: null }
      return { ...version, promises: promises.reports(policy) }
    },

    update: ({ reason, if_match_version: version, ...update }, options) =>
      changePolicy(core, update, {
        by: options.by ?? 'application',
        reason: reason ?? null,
        isExpected: (present) =>
          (version === undefined || version === present) &&
          (options.ifMatch === undefined || options.ifMatch === '*' || options.ifMatch === policyTag(present)),
      }),

    async versions(query) {
      const found = await versions()
      return found.slice(0, query.limit ?? found.length)
    },
  })
}

/** The token of a version, as the header `ETag` shows it and `If-Match` gives it back. */
export function policyTag(version: number): string {
  return `W/"policy:v${version}"`
}

/** Changes the given fields from the next evaluation on. @throws InvalidInputError naming the field; ConflictError */
export function changePolicy(
  core: EngineCore,
  update: PolicyUpdate,
  change: { readonly by: string; readonly reason: string | null; readonly isExpected?: (version: number) => boolean },
): Promise<PolicyVersion> {
  return core.run({
    sync: true,
    plan: (state) => {
      const present = state.policyVersion
      if (change.isExpected && !change.isExpected(present))
        throw new ConflictError(
          'version_conflict',
          `the policy has version ${present} by now; read it again and repeat the change`,
          { currentVersion: present },
        )
      const policy = parsePolicy({
        ...state.policy,
        ...update,
        costs: { ...state.policy.costs, ...update.costs },
        approvals: { ...state.policy.approvals, ...update.approvals },
      })
      const at = core.now()
      const { by, reason } = change
      return {
        records: [{ type: 'policy_changed', at, subject: SUBJECT, kept: { policy }, payload: { by, reason } }],
        answer: () => ({
          version: present + 1,
          policy,
          changed_at: new Date(at).toISOString(),
          changed_by: by,
          reason,
        }),
      }
    },
  })
}

/** A whole policy from what the operator wrote. @throws InvalidInputError naming the field. */
export function parsePolicy(input: unknown): Policy {
  const parsed = policySchema.safeParse(input)
  if (!parsed.success) throw InvalidInputError.fromZod('a policy', parsed.error)
  return parsed.data
}
