import type { Constraint } from '@bighub/core'
import { useState } from 'preact/hooks'
import { useClient } from '../api/api-context.ts'
import { useAction } from '../api/use-action.ts'
import { useQuery } from '../api/use-query.ts'
import { goTo, href, type Location } from '../routing/location.ts'
import { announce } from '../ui/announcer.tsx'
import { Badge } from '../ui/badge.tsx'
import { Dialog } from '../ui/dialog.tsx'
import { fieldsOf } from '../ui/form-fields.ts'
import { Empty, FailureNote, Loaded, Page } from '../ui/page.tsx'
import { Term } from '../ui/term.tsx'
import { count } from '../words/format.ts'
import { ConstraintDetail } from './constraint-detail.tsx'
import { describeRule, RuleFields, readRule } from './rule-fields.tsx'

export function ConstraintsPage({ location }: { readonly location: Location }) {
  const [, id] = location.segments
  return id === undefined ? <ConstraintList /> : <ConstraintDetail id={id} />
}

function ConstraintList() {
  const client = useClient()
  const [isAdding, setAdding] = useState(false)
  const rules = useQuery('rules', (signal) => client.constraints.list({ limit: 1000 }, { signal }), {
    staleOn: ({ event_type }) => event_type.startsWith('rule.'),
  })
  return (
    <Page
      title="Constraints"
      lead="Limits that hold whatever was learned. They can only make a decision stricter, and never change the risk."
      tools={
        <>
          <a href={href(['simulator'])}>Try a change first</a>
          <button type="button" class="primary" onClick={() => setAdding(true)}>
            New rule
          </button>
        </>
      }
    >
      <Loaded query={rules}>
        {(list) =>
          list.length === 0 ? (
            <Empty title="No rules yet">
              Add one here, or try it first in the <a href={href(['simulator'])}>simulator</a>, which says what it would
              have done.
            </Empty>
          ) : (
            <RuleTable rules={list} />
          )
        }
      </Loaded>
      {isAdding && <NewRule onClose={() => setAdding(false)} />}
    </Page>
  )
}

function RuleTable({ rules }: { readonly rules: readonly Constraint[] }) {
  return (
    <div class="table-panel">
      <table class="stack">
        <thead>
          <tr>
            <th scope="col">Rule</th>
            <th scope="col">Domain</th>
            <th scope="col">State</th>
            <th scope="col" class="number">
              <Term is="usage">Today</Term>
            </th>
            <th scope="col" class="number">
              Blocked today
            </th>
            <th scope="col" class="number">
              Version
            </th>
          </tr>
        </thead>
        <tbody>
          {rules.map((rule) => (
            <tr key={rule.rule_id}>
              <td>
                <a href={href(['constraints', rule.rule_id])}>{rule.name}</a>
                <div class="quiet">{describeRule(rule)}</div>
              </td>
              <td>{rule.domain ?? 'everywhere'}</td>
              <td>
                <Badge of={rule.status} />
              </td>
              <td class="number" data-label="today">
                {count(rule.usage_today)}
                {rule.remaining_today !== null && <span class="quiet"> · {count(rule.remaining_today)} left</span>}
              </td>
              <td class="number" data-label="blocked">
                {count(rule.blocked_today)}
              </td>
              <td class="number" data-label="version">
                {rule.version}
              </td>
            </tr>
          ))}
        </tbody>
      </table>
    </div>
  )
}

function NewRule({ onClose }: { readonly onClose: () => void }) {
  const client = useClient()
  const [warnings, setWarnings] = useState<readonly string[]>([])
  const create = useAction(async (fields: FormData) => {
    const rule = readRule(fields)
    if (warnings.length === 0) {
      const tried = await client.constraints.dryRun(rule)
      const found = [...tried.warnings, ...tried.conflicts.map(({ field, reason }) => `${field}: ${reason}`)]
      // Said once; whoever sends it again has read it.
      if (found.length > 0) {
        setWarnings(found)
        return
      }
    }
    const made = await client.constraints.create(rule)
    announce(`Rule ${made.name} is in force.`)
    onClose()
    goTo(href(['constraints', made.rule_id]))
  })
  return (
    <Dialog title="New rule" onClose={onClose}>
      <form class="form" onSubmit={(event) => void create.start(fieldsOf(event))}>
        <RuleFields />
        {warnings.map((warning) => (
          <p key={warning} class="note note-mild" role="alert">
            {warning}
          </p>
        ))}
        {create.failure && <FailureNote failure={create.failure} />}
        <div class="answer-line">
          <button type="submit" class="primary" disabled={create.isBusy}>
            {warnings.length > 0 ? 'Create it all the same' : 'Create rule'}
          </button>
          <span class="hint">It holds from the next call on.</span>
        </div>
      </form>
    </Dialog>
  )
}
