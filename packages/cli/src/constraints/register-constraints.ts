import type { Constraint, ConstraintInput, DecisionApi } from '@bighub/core/protocol'
import type { Command } from 'commander'
import { addCommand } from '../place/add-command.ts'
import { type PlaceFlags, withDecisions } from '../place/open-decisions.ts'
import { print, table } from '../place/print.ts'
import { readJsonFile, readNumber } from '../place/read-options.ts'
import { userName } from '../place/user-name.ts'

interface Flags extends PlaceFlags {
  readonly json?: boolean
}

/** Fields of a stored rule that are its bookkeeping, not what it says. */
const BOOKKEEPING = new Set([
  'rule_id',
  'version',
  'created_at',
  'updated_at',
  'usage_today',
  'usage_total',
  'blocked_today',
  'blocked_total',
  'remaining_today',
  'last_used_at',
])

/** `bighub constraints`: the rules in force, tried on a call, and kept in a file. */
export function registerConstraints(program: Command): void {
  const constraints = program.command('constraints').description('The rules that calls must keep')
  addCommand(constraints, 'list', 'The rules in force').action(list)
  addCommand(constraints, 'test', 'What the rules say of an action, without counting it')
    .argument('<action>')
    .option('--value <n>', 'its value', readNumber)
    .option('--target <target>', 'what it acts on')
    .option('--actor <actor>', 'who acts')
    .option('--domain <domain>', 'its domain')
    .addHelpText('after', '\nExits with 3 where the rules would not let it run.')
    .action(test)
  addCommand(constraints, 'apply', 'Make the rules those of a JSON file: a list of rules, told apart by name')
    .argument('<file>')
    .option('--prune', 'delete rules that the file does not name')
    .option('--dry-run', 'only say what would change')
    .action(apply)
}

async function list(flags: Flags): Promise<void> {
  const rules = await withDecisions(flags, (api) => api.constraints.list())
  print(flags.json, rules, () =>
    table(
      ['RULE', 'STATUS', 'VERSION', 'TODAY', 'NAME', 'SAYS'],
      rules.map((rule) => [
        rule.rule_id,
        rule.status,
        String(rule.version),
        String(rule.usage_today),
        rule.name,
        JSON.stringify(saidBy(rule)),
      ]),
      'No rules.',
    ),
  )
}

async function test(
  action: string,
  {
    json,
    value,
    target,
    actor,
    domain,
    ...place
  }: Flags & { value?: number; target?: string; actor?: string; domain?: string },
): Promise<void> {
  const request = { action, value, target, actor, domain }
  const found = await withDecisions(place, (api) => api.constraints.validateDryRun(request))
  print(json, found, () =>
    [
      `${found.result}: ${found.reason}`,
      ...found.matched_rules.map((rule) => `  ${rule.effect} by ${rule.name} (${rule.rule_id})`),
    ].join('\n'),
  )
  if (!found.allowed) process.exitCode = 3
}

type Change = { readonly name: string; readonly change: 'create' | 'update' | 'delete' | 'none' }

async function apply(
  file: string,
  { json, prune, dryRun, ...place }: Flags & { prune?: boolean; dryRun?: boolean },
): Promise<void> {
  const wanted = readRules(file)
  const changes = await withDecisions(place, async (api) => {
    const present = new Map((await api.constraints.list()).map((rule) => [rule.name, rule]))
    const done: Change[] = []
    for (const rule of wanted) done.push(await put(api, rule, present.get(rule.name), dryRun === true))
    if (prune)
      for (const [name, rule] of present)
        if (!wanted.some((each) => each.name === name)) {
          if (!dryRun) await api.constraints.delete(rule.rule_id, { by: userName() })
          done.push({ name, change: 'delete' })
        }
    return done
  })
  print(json, { dry_run: dryRun === true, changes }, () =>
    changes
      .map(
        ({ name, change }) => `${change === 'none' ? 'unchanged' : dryRun ? `would ${change}` : `${change}d`}  ${name}`,
      )
      .join('\n'),
  )
}

async function put(
  api: DecisionApi,
  rule: NamedRule,
  before: Constraint | undefined,
  isDryRun: boolean,
): Promise<Change> {
  const { name } = rule
  if (before && saysTheSame(rule, before)) return { name, change: 'none' }
  if (!isDryRun && before) await api.constraints.update(before.rule_id, rule, { by: userName() })
  if (!isDryRun && !before) await api.constraints.create(rule, { by: userName() })
  // What is only tried is checked all the same.
  if (isDryRun) await api.constraints.dryRun(rule)
  return { name, change: before ? 'update' : 'create' }
}

type NamedRule = ConstraintInput & { readonly name: string }

/** @throws Error naming the file and the rule; whether a rule makes sense is for the engine to say. */
function readRules(file: string): NamedRule[] {
  const value = readJsonFile(file)
  if (!Array.isArray(value)) throw new Error(`${file} holds no list of rules: [{"name": "…", …}, …]`)
  const names = new Set<string>()
  return value.map((rule: unknown, index) => {
    const name = (rule as { name?: unknown } | null)?.name
    if (typeof name !== 'string' || name === '') throw new Error(`${file}: rule ${index + 1} has no name`)
    if (names.has(name)) throw new Error(`${file}: two rules are named ${name}`)
    names.add(name)
    // The engine checks its fields.
    return rule as NamedRule
  })
}

/** What a rule says, without what is empty. */
function saidBy(rule: Constraint): Record<string, unknown> {
  return Object.fromEntries(
    Object.entries(rule).filter(
      ([field, value]) => !BOOKKEEPING.has(field) && field !== 'name' && field !== 'status' && value != null,
    ),
  )
}

function saysTheSame(rule: NamedRule, before: Constraint): boolean {
  return Object.entries(rule).every(
    ([field, value]) =>
      JSON.stringify(value) === JSON.stringify(before[field] ?? null) || (value === null && before[field] == null),
  )
}
