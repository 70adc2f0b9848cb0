import type { RunTexts } from './action-facts.ts'
import { countInstructionWords } from './instruction-wording.ts'

/** Where an argument's value was found in a tool output that reads like instructions. */
export interface FoundTaint {
  /** Order-like wording around it: 0–3. */
  readonly level: number
  /** The output carries a strong marker. */
  readonly isStrong: boolean
}

/** The newest suspicious output that holds a text, unless the user said it; null if none does. */
export function findTaint({ outputs, userText }: RunTexts, text: string): FoundTaint | null {
  const probe = text.slice(0, 60)
  for (let index = outputs.length - 1; index >= 0; index--) {
    const output = outputs[index]
    if (!output || output.text === null) continue
    const at = output.text.indexOf(probe)
    if (at < 0) continue
    if (userText.includes(probe)) return null
    const near = countInstructionWords(output.text.slice(Math.max(0, at - 500), at + 300))
    return { level: Math.min(3, near >> 1), isStrong: output.isStrong }
  }
  return null
}
