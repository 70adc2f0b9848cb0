import type { Constraint, PolicyVersion, RouteName, StateSnapshot } from '@bighub/core/protocol'
import type { Endpoint } from './endpoint.ts'

/** The routes that answer one version of a rule, or of the policy. */
const RULES: ReadonlySet<RouteName> = new Set([
  'constraints.create',
  'constraints.get',
  'constraints.update',
  'constraints.pause',
  'constraints.resume',
])
const POLICIES: ReadonlySet<RouteName> = new Set(['policy.get', 'policy.update'])
const SNAPSHOT: RouteName = 'operations.snapshot'

/**
 * The header `ETag` of an answer, which `If-Match` may give back; undefined where an answer has no version.
 *
 * @param result - Called only if the route has tags.
 */
export function entityTag({ name }: Endpoint, result: () => unknown): string | undefined {
  if (RULES.has(name)) {
    const { rule_id, version } = result() as Pick<Constraint, 'rule_id' | 'version'>
    return `W/"rule:${rule_id}:v${version}"`
  }
  if (POLICIES.has(name)) return `W/"policy:v${(result() as PolicyVersion).version}"`
  if (name === SNAPSHOT) return `W/"log:${(result() as StateSnapshot).hash}"`
  return undefined
}
