import { readFileSync, writeFileSync } from 'node:fs'
import { GENERAL_FEATURES } from '../../../packages/engine/src/features/general-features.ts'
import type { ColdStartPrior } from '../../../packages/engine/src/risk/cold-start-prior.ts'

/** What ships: learned from every family. */
const SHIPPED = new URL('../../../packages/engine/src/risk/prior-beliefs.ts', import.meta.url)
/** For each family what was learned from all others. */
const LEFT_OUT = new URL('left-out.json', import.meta.url)

/** By family; a family that is not in it was learned from by nobody. */
export type LeftOutPriors = Readonly<Partial<Record<string, ColdStartPrior>>>

export function readLeftOut(): LeftOutPriors {
  // Written by the function below.
  return JSON.parse(readFileSync(LEFT_OUT, 'utf8')) as LeftOutPriors
}

/** Writes both files and returns their paths. */
export function writePriors(prior: ColdStartPrior, leftOut: LeftOutPriors): string[] {
  const beliefs = GENERAL_FEATURES.map((name) => `  ${name}: ${beliefText(prior, name, '')},\n`).join('')
  writeFileSync(
    SHIPPED,
    `import type { ColdStartPrior } from './cold-start-prior.ts'

/**
 * What is known from elsewhere before the first outcome. Written by \`npm run train-prior\`: common sense, moved by what its families of
 * decisions have in common; not to be changed by hand.
 */
export const PRIOR_BELIEFS: ColdStartPrior = {
${beliefs}}
`,
  )
  const families = Object.entries(leftOut).map(([family, each]) => {
    const rows = each ? GENERAL_FEATURES.map((name) => `    "${name}": ${beliefText(each, name, '"')}`) : []
    return `  "${family}": {\n${rows.join(',\n')}\n  }`
  })
  writeFileSync(LEFT_OUT, `{\n${families.join(',\n')}\n}\n`)
  return [SHIPPED.pathname, LEFT_OUT.pathname]
}

function beliefText(prior: ColdStartPrior, name: keyof ColdStartPrior, quote: string): string {
  const fields = Object.entries(prior[name]).map(([field, value]) => `${quote}${field}${quote}: ${value}`)
  return `{ ${fields.join(', ')} }`
}
