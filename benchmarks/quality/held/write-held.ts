import { mkdirSync, writeFileSync } from 'node:fs'
import { join } from 'node:path'
import { machineLine, ROOT } from '../../machine.ts'
import { type HeldReport, heldTable, missedHeld } from './report-held.ts'

/** Writes the raw figures under the commit they belong to, and the page that shows the newest. Returns the paths. */
export function writeHeld(report: HeldReport): string[] {
  const folder = join(ROOT, 'benchmarks', 'results')
  mkdirSync(folder, { recursive: true })
  const name = `held-${(report.machine.commit ?? 'unknown').replace('+', '-changed')}.json`
  const page = join(folder, 'held.md')
  writeFileSync(join(folder, name), `${JSON.stringify(report, null, 2)}\n`)
  writeFileSync(page, toPage(report, name))
  return [join(folder, name), page]
}

function toPage(report: HeldReport, raw: string): string {
  const [head = [], ...rows] = heldTable(report)
  const missed = missedHeld(report)
  return `# Learning when held calls never run

Written by \`npm run --silent bench:held -- --write\`; raw figures in [${raw}](${raw}).

${machineLine(report.machine)}

Each stream is replayed with the default policy in force, by a prior that does not know its family. Log loss of all decisions with an
outcome, held or not, and in brackets over that of the replay which learns from every outcome. Then held and blocked calls do not run and nothing
comes of them; then a reviewer says of some, drawn at random, what would have come of them (the stream's label: a reviewer who is right),
at most the given share of all decisions on average, and it is learned with the weight min(10, 1/π), π the recorded probability that it became
known. Known: share of the decisions with an outcome that was learned.

${[line(head), line(head.map((_, column) => (column === 0 ? '---' : '---:'))), ...rows.map(line)].join('\n')}

What is identified: without reviews nothing is known of calls like those that are always held; their estimates rest on what the model takes
over from calls that ran. With them the rate of all decisions is, and estimates of held calls are corrected; what a reviewer cannot know stays unknown.
Reviews are drawn by chance, not by doubt: drawing doubtful calls more often (in proportion to √(p(1 − p)), its root or its square) was not better.

## Targets missed

${missed.length === 0 ? 'None.' : missed.map((each) => `- ${each}`).join('\n')}
`
}

function line(cells: readonly string[]): string {
  return `| ${cells.join(' | ')} |`
}
