import { viewOf } from '@bighub/core'

/** A tool's output as it can be written in JSON: itself, null for nothing, or its text where JSON has no form for it. Never throws. */
export function toJsonValue(output: unknown): unknown {
  if (output === undefined) return null
  try {
    return JSON.stringify(output) === undefined ? textOf(output) : output
  } catch {
    return textOf(output)
  }
}

function textOf(output: unknown): string {
  return typeof output === 'bigint' ? output.toString() : JSON.stringify(viewOf(output, { redaction: false }))
}
