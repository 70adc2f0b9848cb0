/** Words that give orders: rare in data, common in text that wants something from the agent (risk-model.md §3, "taint"). */
const ORDERS =
  /\b(?:ignore|important|instructions?|must|before you|first,|please|system|<information>|urgent|immediately|do not|don't|make sure|you should|you need|also|todo|task|follow|forget|override|admin|assistant|in order to)\b/gi

/** Wording that hardly occurs but in attempts to take an agent over. */
const STRONG =
  /ignore (?:all |any |the )?previous|<information>|important!+|this is an important message|before you can solve|todo:|new task|system message|instead,? (?:please )?do/i

/** Most order-like phrases counted in one text. */
const MAX_COUNT = 32

/** How many order-like phrases a text holds; at most 32 are counted. */
export function countInstructionWords(text: string): number {
  let count = 0
  ORDERS.lastIndex = 0
  while (count < MAX_COUNT && ORDERS.test(text)) count++
  return count
}

/** Whether a text carries a marker that hardly occurs but in attempts to take an agent over. */
export function hasStrongMarker(text: string): boolean {
  return STRONG.test(text)
}

/** How much a text reads like instructions: 0 = like data, 1 = a few such words, 2 = many, 3 = a strong marker. */
export function instructionLevel(text: string): 0 | 1 | 2 | 3 {
  if (hasStrongMarker(text)) return 3
  const count = countInstructionWords(text)
  if (count >= 5) return 2
  return count >= 2 ? 1 : 0
}
