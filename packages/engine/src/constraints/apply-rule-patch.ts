import {
  type ChangedField,
  canonicalJson,
  constraintInputSchema,
  type PatchOperation,
  type PatchResult,
} from '@bighub/core/protocol'
import { applyPatch } from 'rfc6902'
import { sha256 } from '../storage/chain.ts'
import { changedFields } from './changed-fields.ts'
import { IMMUTABLE_FIELDS, type StoredRule, withoutUsage } from './stored-rule.ts'

/** What a patch makes of a rule. */
export interface PatchedRule {
  /** The rule's own fields after the patch; null where the patch cannot be applied. */
  readonly fields: Readonly<Record<string, unknown>> | null
  /** Why not, in words. */
  readonly problem: string | null
  readonly changed: readonly ChangedField[]
}

/** Applies a JSON Patch (RFC 6902) to a copy of a rule, and reads the result as a rule again. */
export function applyRulePatch(rule: StoredRule, operations: readonly PatchOperation[]): PatchedRule {
  const target = structuredClone(withoutUsage(rule))
  const touched = operations.flatMap((each) =>
    each.op === 'move' || each.op === 'copy' ? [each.path, each.from] : [each.path],
  )
  if (touched.some((pointer) => stepsOf(pointer).some((step) => UNSAFE_STEPS.has(step))))
    return refused('a path may not lead through a prototype')
  const immutable = touched.map(rootField).find((field) => IMMUTABLE_FIELDS.includes(field))
  if (immutable !== undefined) return refused(`${immutable} cannot be changed`)
  // The library's type for operations is looser than ours in no way that matters.
  const failed = applyPatch(target, [...operations] as Parameters<typeof applyPatch>[1]).find((error) => error !== null)
  if (failed) return refused(failed.message)
  const parsed = constraintInputSchema.safeParse(target)
  if (!parsed.success) {
    const issue = parsed.error.issues[0]
    return refused(`${issue?.path.map(String).join('.')}: ${issue?.message}`)
  }
  return { fields: target, problem: null, changed: changedFields(withoutUsage(rule), target) }
}

function refused(problem: string): PatchedRule {
  return { fields: null, problem, changed: [] }
}

/** Names that lead out of plain data. */
const UNSAFE_STEPS: ReadonlySet<string> = new Set(['__proto__', 'constructor', 'prototype'])

function rootField(pointer: string): string {
  return stepsOf(pointer)[0] ?? ''
}

/** Steps of a JSON pointer (RFC 6901), unescaped. */
function stepsOf(pointer: string): string[] {
  return pointer
    .split('/')
    .slice(1)
    .map((step) => step.replaceAll('~1', '/').replaceAll('~0', '~'))
}

/** The answer to a patch (protocol §7.11). In a preview `after.version` is the present one. */
export function toPatchResult(
  rule: StoredRule,
  patched: PatchedRule,
  facts: {
    readonly operations: readonly PatchOperation[]
    readonly isPreview: boolean
    readonly by: string | null
    readonly version: number
  },
): PatchResult {
  const pick = (side: 'before' | 'after'): Record<string, unknown> =>
    Object.fromEntries(patched.changed.map((each) => [each.field, each[side]]))
  return {
    rule_id: rule.rule_id,
    preview: facts.isPreview,
    applied: !facts.isPreview && patched.fields !== null,
    patch_valid: patched.fields !== null,
    changed_paths: patched.changed.map(({ field }) => `/${field.replaceAll('~', '~0').replaceAll('/', '~1')}`),
    changed_fields: patched.changed.map((each) => ({ ...each })),
    diff_summary: summaryOf(patched),
    patch_hash: `sha256:${sha256(canonicalJson(facts.operations))}`,
    applied_by: facts.isPreview ? null : facts.by,
    before: { ...pick('before'), version: rule.version },
    after: { ...pick('after'), version: facts.version },
  }
}

function summaryOf({ problem, changed }: PatchedRule): string {
  if (problem !== null) return problem
  if (changed.length === 0) return 'nothing changes'
  return changed.map((each) => `${each.field}: ${shown(each.before)} → ${shown(each.after)}`).join('; ')
}

function shown(value: unknown): string {
  const text = JSON.stringify(value) ?? 'null'
  return text.length <= 60 ? text : `${text.slice(0, 57)}…`
}
