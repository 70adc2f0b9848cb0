import { hashText } from '../math/hash.ts'

/** One seed a kind of token, so that equal values of different kinds are different tokens. */
export const TOKEN = {
  actor: kind('C'),
  domain: kind('D'),
  target: kind('T'),
  previous: kind('prev'),
  previousButOne: kind('prev2'),
  reading: kind('m0'),
  mutating: kind('m1'),
  valueSize: kind('vb'),
  valueScore: kind('vz'),
  valueBin: kind('vq'),
  provenanceLabel: kind('p'),
  provenanceClass: kind('pc'),
  provenanceSignature: kind('sig'),
  argument: kind('g'),
  argumentLength: kind('gl'),
  argumentScore: kind('az'),
  exact: kind('ex'),
  host: kind('host'),
  argumentWord: kind('gt'),
  userWord: kind('ut'),
  lastOutputWord: kind('ol'),
  outputWord: kind('oa'),
  argumentTaint: kind('tn'),
  argumentCount: kind('nargs'),
  totalLength: kind('alen'),
  taint: kind('taint'),
  instructions: kind('ib'),
  strongOutputs: kind('strong'),
  step: kind('st'),
  errors: kind('err'),
  repeats: kind('same'),
  afterReading: kind('pm0'),
  afterMutating: kind('pm1'),
} as const

function kind(name: string): number {
  return hashText(`ns:${name}`)
}
