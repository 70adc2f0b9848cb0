/** Servers that are measured: `bare` is the same HTTP library with nothing behind it, the others are ours over a store. */
export const TARGETS = ['bare', 'process', 'power', 'postgres'] as const
export type Target = (typeof TARGETS)[number]

/** What a target prints when it listens. */
export interface Listening {
  readonly url: string
  readonly key: string
}
