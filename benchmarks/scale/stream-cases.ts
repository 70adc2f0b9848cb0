import { readdirSync } from 'node:fs'
import { join } from 'node:path'
// How an engine turns calls into cases is nobody's interface; a measurement of a million cannot take the way over the log.
import type { ActionFacts } from '../../packages/engine/src/features/action-facts.ts'
import { ActionValues } from '../../packages/engine/src/features/action-values.ts'
import { caseFields } from '../../packages/engine/src/features/case-fields.ts'
import { mix } from '../../packages/engine/src/math/hash.ts'
import { type PrecedentCase, toPrecedentCase } from '../../packages/engine/src/precedents/precedent-case.ts'
import { NO_WORDS } from '../../packages/engine/src/trajectory/run-words.ts'
import type { StreamLine } from '../quality/peer.ts'
import { readStream } from '../quality/read-stream.ts'
import { normal, oneOf, type Random } from './random-draws.ts'

const START = Date.parse('2026-01-01T00:00:00Z')
/** Cases lie this far apart at most, first and last. */
const SPAN_MS = 365 * 86_400_000
/** Share of the fields, actors and targets of a case that are those of another case of the same action. */
const EXCHANGED = 0.2
/** Each target of a stream stands for so many. */
const TARGETS = 8

/** The cases that a folder's streams make, with the fields that the engine gives them. */
export function readCases(folder: string): PrecedentCase[] {
  const values = new ActionValues()
  return readdirSync(folder)
    .filter((name) => /\.jsonl(\.gz)?$/.test(name))
    .toSorted()
    .flatMap((name) => readStream(join(folder, name)))
    .map((line) => {
      const facts = toFacts(line)
      const own = caseFields(facts, values)
      values.admit(facts.action, facts.value, own.numbers)
      return toPrecedentCase(own, facts, { risk: 0, at: START })
    })
}

/**
 * A new case made of real ones: a fifth of its fields, and now and then its actor or target, are those of other cases of the same action;
 * value and risk are its own. Marginals and most of what goes together stay as they are; copies there are none.
 *
 * @param progress - In [0, 1]: how late it is.
 */
export function varyCase(
  cases: ReadonlyMap<string, readonly PrecedentCase[]>,
  random: Random,
  own: PrecedentCase,
  progress: number,
): PrecedentCase {
  const others = cases.get(own.action) ?? [own]
  const field = (hash: number, index: number): number =>
    random() < EXCHANGED ? (oneOf(random, others).fields[index] ?? hash) : hash
  const named = (name: 'actor' | 'target'): number => (random() < EXCHANGED ? oneOf(random, others)[name] : own[name])
  const target = named('target')
  return {
    ...own,
    fields: own.fields.map(field),
    actor: named('actor'),
    target: target === 0 ? 0 : mix(target, Math.floor(random() * TARGETS)),
    run: Math.floor(random() * 2 ** 32),
    value: own.value === null ? null : own.value * Math.exp(0.5 * normal(random)),
    risk: random() ** 3,
    at: new Date(START + SPAN_MS * progress).toISOString(),
  }
}

export function byAction(cases: readonly PrecedentCase[]): Map<string, PrecedentCase[]> {
  return Map.groupBy(cases, ({ action }) => action)
}

function toFacts(line: StreamLine): ActionFacts {
  return {
    action: line.action,
    tool: line.action,
    actor: line.actor ?? 'AI_AGENT',
    domain: line.domain ?? null,
    target: line.target == null ? null : String(line.target),
    value: line.value ?? null,
    mutating: line.mutating ?? null,
    reversibility: null,
    annotations: null,
    provenance: {},
    arguments: line.arguments ?? {},
    context: line.context ?? {},
    run: {
      id: line.trajectory_id == null ? null : String(line.trajectory_id),
      step: line.step ?? 0,
      previousActions: [],
      errors: 0,
      repeats: 0,
      refusals: 0,
      instructionHits: 0,
      taint: 0,
      words: NO_WORDS,
      texts: null,
    },
  }
}
