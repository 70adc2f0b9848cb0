import { mkdirSync, writeFileSync } from 'node:fs'
import { join } from 'node:path'
import { machineLine, ROOT } from '../machine.ts'
import { formatMarkdown, missedTargets, type QualityReport, TARGETS } from './report.ts'

/** Writes the raw figures under the commit they belong to, and the page that shows the newest. Returns the paths. */
export function writeResults(report: QualityReport): string[] {
  const folder = join(ROOT, 'benchmarks', 'results')
  mkdirSync(folder, { recursive: true })
  const name = `backtest-${(report.machine.commit ?? 'unknown').replace('+', '-changed')}.json`
  const page = join(folder, 'README.md')
  writeFileSync(join(folder, name), `${JSON.stringify(report, null, 2)}\n`)
  writeFileSync(page, toPage(report, name))
  return [join(folder, name), page]
}

function toPage(report: QualityReport, raw: string): string {
  const missed = missedTargets(report)
  return `# Results

Written by \`npm run --silent bench:backtest -- --write\`; raw figures in [${raw}](${raw}).

${machineLine(report.machine)}

Each decision is judged by what was known before it, its outcome is learned when it was due (prequential), and the streams are
other people's: none of their names, actions or constants is in the product. Log loss is in nats, lower is better; probabilities are
clipped to [1e-5, 1 − 1e-5]. ECE has 15 bins of equal count. Harm @5 % is the share of all bad decisions among the riskiest 5 %.

${formatMarkdown(report)}

The columns after log loss are the log loss of the peers: the share of bad outcomes so far ((bad + ½) / (n + 1)), and each action's own
share drawn towards it with the weight of ten outcomes.

Targets: log loss below both peers on streams with at least ${TARGETS.scored} scored decisions, ${TARGETS.decisionsPerSecond} decisions a second,
${TARGETS.peakRssMb} MB resident. ${missed.length === 0 ? 'All met.' : `Missed:\n\n${missed.map((each) => `- ${each}`).join('\n')}`}
`
}
