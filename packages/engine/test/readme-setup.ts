// What the snippets of the README take for granted.
import { createEngine } from '@bighub/engine'

export const engine = createEngine({ file: ':memory:' })
