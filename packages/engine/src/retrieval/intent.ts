import type { DecisionRow } from '../storage/tables.ts'

/**
 * Share of the intent's words that a case's own words have, case by case.
 *
 * @returns null where the intent has no words.
 */
export function intentReader(intent: string | null): ((row: DecisionRow) => number) | null {
  const words = wordsOf(intent ?? '')
  if (words.size === 0) return null
  return (row) => {
    const details = row.details === null ? {} : (JSON.parse(row.details) as { goal_summary?: unknown })
    const goal = typeof details.goal_summary === 'string' ? details.goal_summary : ''
    const own = wordsOf([row.action, row.tool, row.target, goal].join(' '))
    return [...words].filter((word) => own.has(word)).length / words.size
  }
}

/** Words of three letters or more, in lower case: `refundOrder` has two. */
function wordsOf(text: string): Set<string> {
  const split = text.replaceAll(/(\p{Ll})(\p{Lu})/gu, '$1 $2').toLowerCase()
  return new Set(split.match(/\p{L}{3,}/gu))
}
