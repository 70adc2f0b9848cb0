import { alignRows } from './align-rows.ts'

/** One JSON value, or words for a person. */
export function print(asJson: boolean | undefined, value: unknown, words: () => string): void {
  console.log(asJson ? JSON.stringify(value) : words())
}

/** A table whose columns all begin at the left, or what to say where it is empty. */
export function table(titles: readonly string[], rows: readonly (readonly string[])[], empty: string): string {
  return rows.length === 0 ? empty : alignRows([titles, ...rows], true).join('\n')
}

/** A share in [0, 1] as a person reads it; a dash where there is none. */
export function percent(share: number | null | undefined): string {
  return share == null ? '–' : `${(100 * share).toFixed(share < 0.1 ? 1 : 0)} %`
}

/** A call in a few words: what, on what, how much. */
export function callWords(call: {
  readonly tool?: string | null | undefined
  readonly action?: string | null | undefined
  readonly target?: string | null | undefined
  readonly value?: number | null | undefined
}): string {
  return [call.tool ?? call.action ?? '(erased)', call.target, call.value].filter((each) => each != null).join(' ')
}
