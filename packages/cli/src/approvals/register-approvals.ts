import type { ApprovalItem, DecisionApi } from '@bighub/core/protocol'
import { type Command, Option } from 'commander'
import { addCommand } from '../place/add-command.ts'
import { type PlaceFlags, withDecisions } from '../place/open-decisions.ts'
import { callWords, percent, print, table } from '../place/print.ts'
import { readJsonObject, readLimit } from '../place/read-options.ts'
import { userName } from '../place/user-name.ts'

const STATUSES = ['pending', 'approved', 'denied', 'expired', 'cancelled', 'all'] as const

interface Flags extends PlaceFlags {
  readonly json?: boolean
}

/** Between two looks for new holds, in milliseconds. */
const LOOK_EVERY_MS = 1000

/** `bighub approvals`: the calls that wait for a person, and the answers. */
export function registerApprovals(program: Command): void {
  const approvals = program.command('approvals').description('See and answer the calls that wait for a person')
  addCommand(approvals, 'list', 'Calls that wait, newest first')
    .addOption(new Option('--status <status>', 'which ones').choices(STATUSES).default('pending'))
    .option('--limit <n>', 'most to show', readLimit, 100)
    .action(list)
  addCommand(approvals, 'show', 'One call with everything that an answer should rest on').argument('<id>').action(show)
  addCommand(approvals, 'approve', 'Let a call run, once, exactly as it stands')
    .argument('<id>', 'as the list shows it')
    .option('--comment <text>', 'kept with the answer')
    .option(
      '--arguments <json>',
      'let it run with these arguments instead; they are judged as a new call',
      readJsonObject,
    )
    .action((id: string, flags: AnswerFlags) => answer(id, 'approved', flags))
  addCommand(approvals, 'deny', 'Refuse a call')
    .argument('<id>', 'as the list shows it')
    .option('--comment <text>', 'kept with the answer')
    .action((id: string, flags: AnswerFlags) => answer(id, 'denied', flags))
  addCommand(approvals, 'watch', 'Show calls as they begin to wait, until interrupted').action(watch)
}

interface AnswerFlags extends Flags {
  readonly comment?: string
  readonly arguments?: Record<string, unknown>
}

async function list(flags: Flags & { status: (typeof STATUSES)[number]; limit: number }): Promise<void> {
  const { status, limit, json } = flags
  const found = await withDecisions(flags, (api) => api.approvals.list({ status, limit }))
  print(json, found, () =>
    table(
      ['APPROVAL', 'STATUS', 'RISK', 'ASKED', 'CALL', 'WHY'],
      found.map((each) => [
        each.request_id,
        each.status,
        percent(each.risk_score),
        each.created_at,
        callWords(each),
        each.reason,
      ]),
      status === 'pending' ? 'Nothing waits for an answer.' : 'None.',
    ),
  )
}

async function show(id: string, flags: Flags): Promise<void> {
  const item = await withDecisions(flags, (api) => api.approvals.get(id))
  print(flags.json, item, () => describe(item))
}

async function answer(id: string, resolution: 'approved' | 'denied', flags: AnswerFlags): Promise<void> {
  const { comment, arguments: edited, json } = flags
  const item = await withDecisions(flags, (api) =>
    api.approvals.resolve(
      id,
      { resolution, ...(comment === undefined ? {} : { comment }), ...(edited ? { arguments: edited } : {}) },
      // A server knows who answers from the key; in process it is whoever runs the command.
      { by: userName() },
    ),
  )
  print(json, item, () => `${item.request_id} ${item.status}: ${callWords(item)}`)
}

async function watch(flags: Flags): Promise<void> {
  await withDecisions(flags, async (api) => {
    const shown = new Set<string>()
    const stop = new AbortController()
    process.once('SIGINT', () => stop.abort())
    process.once('SIGTERM', () => stop.abort())
    if (!flags.json) console.error('Waiting for calls to be held; Ctrl-C ends this.')
    while (!stop.signal.aborted) {
      for (const item of await pendingOf(api))
        if (!shown.has(item.request_id)) {
          shown.add(item.request_id)
          print(flags.json, item, () => `${describe(item)}\n`)
        }
      await pause(LOOK_EVERY_MS, stop.signal)
    }
  })
}

/** Oldest first. */
async function pendingOf(api: DecisionApi): Promise<ApprovalItem[]> {
  const found = await api.approvals.list({ status: 'pending', limit: 1000 })
  return found.toReversed()
}

function pause(ms: number, signal: AbortSignal): Promise<void> {
  return new Promise((resolve) => {
    const timer = setTimeout(resolve, ms)
    signal.addEventListener('abort', () => (clearTimeout(timer), resolve()), { once: true })
  })
}

function describe(item: ApprovalItem): string {
  const { evidence } = item
  const interval = evidence?.risk_interval
  const lines = [
    `${item.request_id}  ${item.status}  ${callWords(item)}`,
    `  actor      ${item.actor}${item.domain ? ` in ${item.domain}` : ''}`,
    `  arguments  ${JSON.stringify(item.arguments ?? {})}`,
    `  risk       ${percent(item.risk_score)}${interval ? ` (${percent(interval[0])} to ${percent(interval[1])})` : ''}`,
    `  why        ${item.reason}`,
    `  expires    ${item.expires_at}; unanswered, it is refused`,
  ]
  if (item.resolved_by) lines.push(`  answered   by ${item.resolved_by}${item.comment ? `: ${item.comment}` : ''}`)
  return lines.join('\n')
}
