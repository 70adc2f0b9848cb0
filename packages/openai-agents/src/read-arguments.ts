/** What the model wrote, as data; undefined where it is none, or where the SDK hides it because it does not fit. */
export function readArguments(written: string): unknown {
  try {
    return JSON.parse(written)
  } catch {
    return undefined
  }
}
