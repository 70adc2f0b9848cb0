import type { EvaluatorAnswer, Guard, RefusalKind } from '@bighub/core'

const isColoured = process.stdout.isTTY && !process.env['NO_COLOR']
const paint = (code: number) => (text: string) => (isColoured ? `\x1b[${code}m${text}\x1b[0m` : text)

export const bold = paint(1)
export const dim = paint(2)
const green = paint(32)
const yellow = paint(33)
const red = paint(31)
const cyan = paint(36)

const COLOUR_OF = {
  execute: green,
  execute_with_caution: yellow,
  await_approval: cyan,
  block: red,
} as const

const WORD_OF = {
  execute: 'run',
  execute_with_caution: 'run with caution',
  await_approval: 'hold',
  block: 'block',
} as const

/** How often each thing happened. */
export interface Counts {
  evaluated: number
  run: number
  cautious: number
  approved: number
  declined: number
  blocked: number
  failed: number
}

export function newCounts(): Counts {
  return { evaluated: 0, run: 0, cautious: 0, approved: 0, declined: 0, blocked: 0, failed: 0 }
}

/** Prints what a guard does while it does it, and counts. */
export function show(guard: Guard, counts: Counts, say: (text: string) => void): void {
  const explained = new Set<RefusalKind>()
  guard.on('evaluation-end', ({ request, answer, resolved }) => {
    counts.evaluated++
    const args = Object.entries(request.context?.call?.arguments ?? {})
      .map(([name, value]) => `${name}: ${short(value)}`)
      .join(', ')
    say('')
    say(`  ${bold(request.action)}(${args})`)
    if (!answer) return
    const [lower = 0, upper = 1] = answer.risk_interval ?? []
    const risk = `risk ${percent(answer.risk_score ?? 0)} ${dim(`(${percent(lower)} to ${percent(upper)})`)}`
    const colour = COLOUR_OF[resolved.disposition]
    say(`    ${risk} · ${answer.recommendation} → ${colour(WORD_OF[resolved.disposition])}`)
    for (const reason of reasonsOf(answer)) say(`    ${dim(reason)}`)
    for (const warning of answer.warnings ?? []) say(`    ${yellow('!')} ${warning}`)
    if (resolved.disposition === 'execute_with_caution') counts.cautious++
  })
  guard.on('approval-request', ({ approval }) => {
    const digest = approval.arguments_digest.slice(0, 8)
    say(`    ${cyan('waiting for a person')} ${dim(`whose answer is good for exactly this call (${digest}…), once`)}`)
  })
  guard.on('approval-answer', ({ approval }) => {
    if (approval.status === 'approved') counts.approved++
    else counts.declined++
    say(`    ${approval.status} by ${approval.resolved_by ?? 'nobody'}`)
  })
  guard.on('execution-end', ({ status, value, error }) => {
    counts.run++
    if (status === 'returned') say(`    ${green('ran')}: ${short(value, 110)}`)
    else {
      counts.failed++
      say(`    ${red('failed')}: ${short(error instanceof Error ? error.message : error, 110)}`)
    }
  })
  guard.on('call-refuse', ({ refusal }) => {
    if (refusal.kind === 'blocked') counts.blocked++
    say(`    ${red('not run')}: ${refusal.kind}`)
    // What the model reads is the same for each kind; once is enough.
    if (explained.has(refusal.kind)) return
    explained.add(refusal.kind)
    say(`    ${dim(`the model reads: ${refusal.message}`)}`)
  })
}

/** Why, in one or two lines: the evidence, and the rule where one decided. The risk itself stands above already. */
function reasonsOf(answer: EvaluatorAnswer): string[] {
  const reason = answer.reason ?? ''
  const evidence = (answer.decision_packet?.risk_factors ?? [])
    .filter(({ group }) => group !== 'prior')
    .slice(0, 2)
    .map(({ text }) => text)
  const isKnown = answer.decision_intelligence?.evidence_status !== 'none'
  return [
    ...(isKnown && evidence.length > 0 ? [evidence.join('; ')] : ['nothing is known yet of calls like this one']),
    ...(answer.decision_intelligence?.rule_basis ? [`rule ${reason}`] : []),
  ]
}

export function percent(probability: number): string {
  return `${(probability * 100).toFixed(probability < 0.1 ? 1 : 0)} %`
}

function short(value: unknown, most = 40): string {
  const text = typeof value === 'string' ? value : contentOf(value)
  return text.length <= most ? text : `${text.slice(0, most - 1)}…`
}

/** A tool message's own words instead of its envelope. */
function contentOf(value: unknown): string {
  if (typeof value === 'object' && value !== null && 'content' in value && typeof value.content === 'string')
    return value.content
  return JSON.stringify(value) ?? String(value)
}
