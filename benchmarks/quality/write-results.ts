import { mkdirSync, writeFileSync } from 'node:fs'
import { join } from 'node:path'
import { machineLine, ROOT } from '../machine.ts'
import { formatMarkdown, type QualityReport } from './report.ts'
import { missedTargets } from './targets.ts'

/** Writes the raw figures under the commit they belong to, and the page that shows the newest. Returns the paths. */
export function writeResults(report: QualityReport): string[] {
  const folder = join(ROOT, 'benchmarks', 'results')
  mkdirSync(folder, { recursive: true })
  const name = `quality-${(report.machine.commit ?? 'unknown').replace('+', '-changed')}.json`
  const page = join(folder, 'README.md')
  writeFileSync(join(folder, name), `${JSON.stringify(report, null, 2)}\n`)
  writeFileSync(page, toPage(report, name))
  return [join(folder, name), page]
}

function toPage(report: QualityReport, raw: string): string {
  const missed = missedTargets(report.streams, report.targets)
  return `# Results

Written by \`npm run --silent bench:quality -- --write\`; raw figures in [${raw}](${raw}).

${machineLine(report.machine)}

Each decision is judged by what was known before it, its outcome is learned when it was due (prequential), for the engine and for every
peer; the streams are other people's: none of their names, actions or constants is in the product. Log loss is in nats, lower is
better; probabilities are clipped to [1e-5, 1 − 1e-5]. ECE has 15 bins of equal count. Harm @ is the share of all bad decisions among the
riskiest 1, 5 and 10 %. First 500: log loss of the first 500 decisions with an outcome. Bad held @2 % good: after 300 outcomes, the
share of the bad calls with a higher risk than all but 2 % of the good ones.

The cold-start prior that ships was learned from these streams. Here each stream is replayed with one that was learned without its
family (\`benchmarks/quality/prior/left-out.json\`; streams of one origin are one family), so that no figure rests on what it measures.

${formatMarkdown(report)}

Intervals hold in a bucket (equal count, confidence, domain or action, with at least 100 outcomes) when the 95 % interval of its observed
rate meets the range between the mean ends of its decisions' 90 % risk intervals.

Speed counts a whole decision of ours (features, precedents, prediction, rules, fold) and of the peers the reading of fields and the
prediction; all on one core that others may share.

Best known peer, oracle and to reach: ${report.targets.source}.

## The peers

${report.peers.map(({ name, settings, source }) => `- **${name}**: ${settings}. Source: ${source}.`).join('\n')}

Settings were chosen once for all streams, by the mean of log loss over the best known peer's. None sees the user's text.

## Targets missed

${missed.length === 0 ? 'None.' : missed.map((each) => `- ${each}`).join('\n')}
`
}
