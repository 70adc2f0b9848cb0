/**
 * A call's arguments as data. Empty ones are none, and what a provider has parsed already is taken as it is.
 *
 * @throws Error in words for the model, if they are no JSON object.
 */
export function readArguments(written: unknown): Readonly<Record<string, unknown>> {
  const value = typeof written === 'string' ? parse(written) : (written ?? {})
  if (typeof value === 'object' && value !== null && !Array.isArray(value)) return value as Record<string, unknown>
  throw new Error('the arguments are no JSON object')
}

function parse(text: string): unknown {
  if (text.trim() === '') return {}
  try {
    return JSON.parse(text)
  } catch {
    throw new Error('the arguments are no valid JSON')
  }
}
