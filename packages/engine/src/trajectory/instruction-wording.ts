/** Words that give orders: rare in data, common in text that wants something from the agent (risk-model.md §3, "taint"). */
const ORDERS =
  /\b(?:ignore|important|instructions?|must|before you|urgent|immediately|do not|don't|make sure|you should|you need|follow|forget|override|disregard|system|admin|in order to)\b/gi

/** Wording that hardly occurs but in attempts to take an agent over. */
const STRONG =
  /ignore (?:all |any |the )?(?:previous|prior|above)|disregard (?:all|any|the|your)|<\/?information>|this is an important message|before you can (?:solve|continue|proceed)|system message|new (?:task|instructions?):|you are now|instead,? (?:please )?(?:do|send|transfer)/i

/** How many order-like phrases a text holds; at most 32 are counted. */
export function countInstructionWords(text: string): number {
  let count = 0
  for (const _ of text.matchAll(ORDERS)) if (++count >= 32) break
  return count
}

/** How much a text reads like instructions: 0 = like data, 1 = a few such words, 2 = many, 3 = a strong marker. */
export function instructionLevel(text: string): 0 | 1 | 2 | 3 {
  if (STRONG.test(text)) return 3
  const count = countInstructionWords(text)
  if (count >= 5) return 2
  return count >= 2 ? 1 : 0
}
