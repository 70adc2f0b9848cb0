import { hashText, mix } from '../math/hash.ts'
import type { ActionFacts } from './action-facts.ts'
import type { ActionValues } from './action-values.ts'
import { type VerbClass, verbClassOf } from './verb-class.ts'

/** Groups of evidence, in the order in which their counters stand in `contexts`. */
export const CONTEXT_GROUPS = [
  'action',
  'actor',
  'domain',
  'action_actor',
  'action_target',
  'target',
  'value',
  'provenance',
  'taint',
  'previous_action',
  'step',
  'errors',
  'arguments',
  'actor_target',
] as const
export type ContextGroup = (typeof CONTEXT_GROUPS)[number]

/** Most context and argument fields that become features. */
const MAX_FIELDS = 40

/** A proposed action as numbers: hashes of what it has in common with others, and a few facts for prior and similarity. */
export interface Features {
  /** One 32-bit hash a group of {@link CONTEXT_GROUPS}. */
  readonly contexts: readonly number[]
  /** Hashes of context and argument fields with their (binned) values, each combined with the action. */
  readonly fields: readonly number[]
  /** Numeric context fields by name, for the running quantiles. */
  readonly numbers: Readonly<Record<string, number>>
  readonly verb: VerbClass
  readonly mutating: boolean | null
  readonly annotations: { readonly readOnly: boolean | null; readonly destructive: boolean | null }
  readonly provenance: ProvenanceClass
  readonly taint: number
  readonly instructionHits: number
}

/** Where a call's values come from as a whole. */
export type ProvenanceClass = 'tool' | 'tool_and_user' | 'mixed' | 'user' | 'none' | 'unknown'

/** Stage 5: features of an action. Reads running statistics and stores nothing. */
export function extractFeatures(facts: ActionFacts, values: ActionValues): Features {
  const action = hashText(facts.action, 1)
  const actor = hashText(facts.actor, 2)
  const target = facts.target === null ? 0 : hashText(facts.target.slice(0, 80), 3)
  const provenance = provenanceClassOf(facts.provenance)
  const mutating = facts.mutating === null ? 2 : Number(facts.mutating)
  const { run } = facts
  const last = run.previousActions.at(-1)
  const previous = last === undefined ? 0 : hashText(last, 4)
  const provenanceHash = hashText(provenance, 5)
  const { fields, numbers, digest } = readFields(facts, action, values)
  const band = facts.value === null ? 99 : valueBand(facts.action, facts.value, values)
  return {
    contexts: [
      group(0, action),
      group(1, actor),
      group(2, action, hashText(facts.domain ?? '', 6)),
      group(3, action, actor),
      group(4, action, target),
      group(5, target),
      group(6, action, band),
      group(7, action, signatureOf(facts.provenance)),
      group(8, provenanceHash, mutating, run.taint),
      group(9, action, previous),
      group(10, action, Math.min(run.step, 12)),
      group(11, action, Math.min(run.errors, 3), Math.min(run.repeats, 3)),
      group(12, action, digest),
      group(13, action, actor, target),
    ],
    fields,
    numbers,
    verb: verbClassOf(facts.action),
    mutating: facts.mutating,
    annotations: {
      readOnly: facts.annotations?.readOnlyHint ?? null,
      destructive: facts.annotations?.destructiveHint ?? null,
    },
    provenance,
    taint: run.taint,
    instructionHits: run.instructionHits,
  }
}

/** Each group has its own seed, so that equal parts in two groups share no counter. */
function group(index: number, ...parts: readonly number[]): number {
  return parts.reduce(mix, index + 101)
}

/** One word for all labels of a call. */
export function provenanceClassOf(provenance: ActionFacts['provenance']): ProvenanceClass {
  const labels = new Set(Object.values(provenance))
  if (labels.size === 0) return 'unknown'
  const isFromUser = labels.has('user') || labels.has('both')
  if (labels.has('tool')) return isFromUser ? 'tool_and_user' : 'tool'
  if (labels.has('mixed')) return 'mixed'
  return isFromUser ? 'user' : 'none'
}

function signatureOf(provenance: ActionFacts['provenance']): number {
  return Object.keys(provenance)
    .toSorted()
    .reduce((hash, path) => mix(hash, hashText(`${path}=${provenance[path]}`)), 7)
}

/** Eighths of the action's own history once there is one; half octaves of the size before that. */
function valueBand(action: string, value: number, values: ActionValues): number {
  const band = values.valueBand(action, value)
  return band >= 0 ? band : 200 + sizeOf(value)
}

function sizeOf(value: number): number {
  const octaves = Math.floor(2 * Math.log2(1 + Math.abs(value)))
  return value < 0 ? -1 - octaves : octaves
}

function readFields(
  facts: ActionFacts,
  action: number,
  values: ActionValues,
): { fields: number[]; numbers: Record<string, number>; digest: number } {
  const fields: number[] = []
  const numbers: Record<string, number> = {}
  let digest = 17
  for (const [name, value] of inOrder(facts.context)) {
    if (fields.length >= MAX_FIELDS) break
    if (typeof value === 'number' && Number.isFinite(value)) {
      const key = `${facts.action}.${name}`
      numbers[key] = value
      fields.push(mix(action, hashText(`${name}#${bin(values.fieldBin(key, value), value)}`)))
    } else if (typeof value === 'string' || typeof value === 'boolean')
      fields.push(mix(action, hashText(`${name}=${String(value).slice(0, 60)}`)))
  }
  for (const [name, value] of inOrder(facts.arguments)) {
    if (fields.length >= MAX_FIELDS) break
    const isNumber = typeof value === 'number' && Number.isFinite(value)
    if (!isNumber && typeof value !== 'string' && typeof value !== 'boolean') continue
    const text = isNumber ? `#${sizeOf(value)}` : `=${String(value).slice(0, 60)}`
    fields.push(mix(action, hashText(`arg ${name}${text}`)))
    digest = mix(digest, hashText(`${name}=${String(value).slice(0, 400)}`))
  }
  return { fields, numbers, digest }
}

/** Entries by name: a call is the same call in whatever order its fields were written, live and in the log. */
function inOrder(fields: Readonly<Record<string, unknown>>): (readonly [string, unknown])[] {
  return Object.keys(fields)
    .toSorted()
    .map((name) => [name, fields[name]])
}

function bin(known: number, value: number): string {
  return known >= 0 ? String(known) : `s${sizeOf(value)}`
}
