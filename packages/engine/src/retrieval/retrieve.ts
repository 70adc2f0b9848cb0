import type { EngineCore } from '../engine-core.ts'
import { verbClassOf } from '../features/verb-class.ts'
import { CaseScorer, type Scale, type SignalValues } from '../precedents/case-scorer.ts'
import { CaseTable, type ComparableCase, hashName } from '../precedents/case-table.ts'
import type { Likeness } from '../precedents/likeness.ts'
import { hashAxes } from '../precedents/precedent-case.ts'
import type { Weights } from '../precedents/strategies.ts'
import type { DecisionRow } from '../storage/tables.ts'
import { findCandidates } from './find-candidates.ts'
import { intentReader } from './intent.ts'
import { scaleOf } from './scale-of.ts'
import { type Situation, toQuery } from './situation.ts'

export interface ScoredCase {
  readonly row: DecisionRow
  readonly signals: SignalValues
  /** In [0, 1]. */
  readonly score: number
}

/** The cases that may be like a situation, scored: best first, of equals the newer. */
export async function retrieve(core: EngineCore, situation: Situation, weights: Weights): Promise<ScoredCase[]> {
  const rows = await findCandidates(core, situation, [weights])
  return scoreAll(rows, situation, { weights, scale: scaleOf(await core.state(), situation.action, core.now()) })
}

/** The same for rows at hand. */
export function scoreAll(
  rows: readonly DecisionRow[],
  situation: Situation,
  { weights, scale }: { readonly weights: Weights; readonly scale: Scale },
): ScoredCase[] {
  const cases = rows.map(toComparable)
  const terms = cases.reduce((sum, { fields, axes }) => sum + fields.length + axes.length + 1, 0)
  const table = new CaseTable(Math.max(1, cases.length), terms)
  for (const each of cases) table.add(each)
  const read = intentReader(situation.intent)
  const intentOf = read === null ? null : (slot: number): number => (rows[slot] ? read(rows[slot]) : 0)
  const scorer = new CaseScorer(table).ask(toQuery(situation), { weights, scale, intentOf })
  return rows
    .map((row, slot) => ({ row, signals: scorer.signals(slot), score: scorer.score(slot) }))
    .toSorted((a, b) => b.score - a.score || b.row.seq - a.row.seq)
}

function toComparable(row: DecisionRow): ComparableCase {
  // Written by this program.
  const { fields, axes } = JSON.parse(row.likeness) as Likeness
  return {
    action: hashName(row.action),
    verb: verbClassOf(row.action),
    // An action may be known by its tool alone.
    tool: hashName(row.tool ?? row.action),
    actor: hashName(row.actor),
    domain: hashName(row.domain),
    target: hashName(row.target),
    run: hashName(row.trajectory_id),
    at: row.at,
    value: row.value,
    risk: row.risk,
    axes: hashAxes(axes),
    fields,
  }
}
