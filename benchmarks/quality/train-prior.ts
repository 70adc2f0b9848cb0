// `npm run --silent train-prior [-- --leave-one-out] [FOLDER]`: learns the cold-start prior from a folder of decision streams and writes
// it, as it ships and as it is without each family, for the benchmark. With --leave-one-out it writes nothing and shows what each prior is worth
// on the family that it does not know. Deterministic: the same streams give the same files.
import { parseArgs } from 'node:util'
import { findStreams, streamNameOf } from './find-streams.ts'
import { type Family, fitPrior } from './prior/fit-prior.ts'
import { writePriors } from './prior/prior-files.ts'
import { familyOf, hasToolOutputs, readFamilies } from './prior/read-families.ts'
import { replayStart, START } from './prior/replay-start.ts'

const { values: flags, positionals } = parseArgs({
  options: { 'leave-one-out': { type: 'boolean', default: false } },
  allowPositionals: true,
})

const files = findStreams(positionals[0], [])
const names = files.map(streamNameOf)
const families = await readFamilies(files)
if (flags['leave-one-out']) await showWorth()
else {
  const leftOut = Object.fromEntries(families.map(({ name }) => [name, fitPrior(without(name))]))
  for (const file of writePriors(fitPrior(families), leftOut)) console.log(`written: ${file}`)
}

function without(family: string): Family[] {
  return families.filter(({ name }) => name !== family)
}

async function showWorth(): Promise<void> {
  console.log(
    `Log loss of the first ${START} decisions with an outcome, by a prior that does not know the stream's family:\n`,
  )
  console.log(row('stream', ['none', 'common sense', 'learned', 'learned / none']))
  const ratios: { readonly sense: number; readonly learned: number; readonly isAgent: boolean }[] = []
  for (const [index, file] of files.entries()) {
    const name = names[index] ?? ''
    const none = await replayStart(file, null)
    const sense = await replayStart(file, fitPrior([]))
    const learned = await replayStart(file, fitPrior(without(familyOf(name, names))))
    ratios.push({ sense: sense / none, learned: learned / none, isAgent: await hasToolOutputs(file) })
    console.log(row(name, [...[none, sense, learned].map((loss) => loss.toFixed(4)), (learned / none).toFixed(3)]))
  }
  const agents = ratios.filter(({ isAgent }) => isAgent)
  for (const [title, of] of [['mean of agents', agents] as const, ['mean of all', ratios] as const])
    console.log(row(title, ['1', mean(of.map(({ sense }) => sense)), '', mean(of.map(({ learned }) => learned))]))
}

function mean(values: readonly number[]): string {
  return (values.reduce((sum, each) => sum + each, 0) / values.length).toFixed(3)
}

function row(name: string, cells: readonly string[]): string {
  return name.padEnd(20) + cells.map((cell) => cell.padStart(16)).join('')
}
