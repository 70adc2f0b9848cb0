import type { ChangedField, Constraint } from '@bighub/core'
import { useState } from 'preact/hooks'
import { useClient } from '../api/api-context.ts'
import { useAction } from '../api/use-action.ts'
import { useQuery } from '../api/use-query.ts'
import { goTo, href } from '../routing/location.ts'
import { announce } from '../ui/announcer.tsx'
import { Badge } from '../ui/badge.tsx'
import { Dialog } from '../ui/dialog.tsx'
import { Facts } from '../ui/facts.tsx'
import { fieldsOf } from '../ui/form-fields.ts'
import { FailureNote, Loaded, Page, Section } from '../ui/page.tsx'
import { Term } from '../ui/term.tsx'
import { Ago } from '../ui/time.tsx'
import { count, inline, moment, words } from '../words/format.ts'
import { describeRule, RuleFields, readRuleChange } from './rule-fields.tsx'

/** One rule: what it says, who changed what and when, and how to change it. */
export function ConstraintDetail({ id }: { readonly id: string }) {
  const client = useClient()
  const isOwn = ({ event_type, rule_id }: { event_type: string; rule_id?: string | null | undefined }): boolean =>
    event_type.startsWith('rule.') && rule_id === id
  const rule = useQuery(`rule ${id}`, (signal) => client.constraints.get(id, { signal }), { staleOn: isOwn })
  const versions = useQuery(`versions ${id}`, (signal) => client.constraints.versions(id, {}, { signal }), {
    staleOn: isOwn,
  })
  const reload = (): void => {
    rule.reload()
    versions.reload()
  }
  return (
    <Page
      title={rule.data?.name ?? 'Rule'}
      lead={rule.data && describeRule(rule.data)}
      tools={<a href={href(['constraints'])}>All rules</a>}
    >
      <Loaded query={rule}>{(found) => <RulePanel rule={found} onChanged={reload} />}</Loaded>
      <Section title="Versions">
        <Loaded query={versions}>
          {(list) => (
            <ol class="timeline" aria-label="Versions, newest first">
              {list.map((version) => (
                <li key={version.version}>
                  <span class="quiet">
                    v{version.version}
                    <br />
                    {moment(version.changed_at)}
                  </span>
                  <div>
                    <strong>{words(version.change_type)}</strong> by {version.changed_by}
                    {version.reason && <q>{version.reason}</q>}
                    <Diff of={version.changed_fields} />
                  </div>
                </li>
              ))}
            </ol>
          )}
        </Loaded>
      </Section>
    </Page>
  )
}

/** Fields that differ, before and after. */
export function Diff({ of }: { readonly of: readonly ChangedField[] }) {
  if (of.length === 0) return null
  return (
    <ul class="diff">
      {of.map(({ field, before, after }) => (
        <li key={field}>
          <span>{field}</span> <del>{inline(before)}</del> <span aria-hidden="true">→</span> <ins>{inline(after)}</ins>
        </li>
      ))}
    </ul>
  )
}

function RulePanel({ rule, onChanged }: { readonly rule: Constraint; readonly onChanged: () => void }) {
  const client = useClient()
  const [open, setOpen] = useState<'edit' | 'delete' | null>(null)
  const isPaused = rule.status === 'paused'
  const toggle = useAction(async () => {
    await (isPaused ? client.constraints.resume(rule.rule_id) : client.constraints.pause(rule.rule_id))
    announce(`Rule ${isPaused ? 'resumed' : 'paused'}.`)
    onChanged()
  })
  const remove = useAction(async () => {
    await client.constraints.delete(rule.rule_id)
    announce('Rule deleted. Its versions stay on record.')
    goTo(href(['constraints']))
  })
  return (
    <div class="panel">
      <Facts
        of={[
          ['State', <Badge key="status" of={rule.status} />],
          ['Domain', rule.domain ?? 'everywhere'],
          ['Version', rule.version],
          [
            <Term is="usage">Let through today · in all</Term>,
            `${count(rule.usage_today)} · ${count(rule.usage_total)}`,
          ],
          ['Blocked today · in all', `${count(rule.blocked_today)} · ${count(rule.blocked_total)}`],
          ['Last used', <Ago key="used" at={rule.last_used_at} />],
        ]}
      />
      {rule.conditions && (
        <pre>
          {JSON.stringify(rule.conditions, null, 2)} → {rule.action_on_match}
        </pre>
      )}
      {toggle.failure && <FailureNote failure={toggle.failure} />}
      {rule.status !== 'deleted' && (
        <div class="answer-line">
          <button type="button" onClick={() => setOpen('edit')}>
            Change
          </button>
          <button type="button" disabled={toggle.isBusy} onClick={() => void toggle.start()}>
            {isPaused ? 'Resume' : 'Pause'}
          </button>
          <a class="button" href={href(['simulator'], { without: rule.rule_id })}>
            What without it?
          </a>
          <button type="button" class="danger" onClick={() => setOpen('delete')}>
            Delete
          </button>
        </div>
      )}
      {open === 'edit' && <EditRule rule={rule} onClose={() => setOpen(null)} onChanged={onChanged} />}
      {open === 'delete' && (
        <Dialog title={`Delete ${rule.name}?`} onClose={() => setOpen(null)}>
          <p>Calls that it held or blocked will be decided by risk alone from the next one on.</p>
          {remove.failure && <FailureNote failure={remove.failure} />}
          <div class="answer-line dialog-foot">
            <button type="button" class="primary danger" disabled={remove.isBusy} onClick={() => void remove.start()}>
              Delete rule
            </button>
            <button type="button" onClick={() => setOpen(null)}>
              Keep it
            </button>
          </div>
        </Dialog>
      )}
    </div>
  )
}

interface EditRuleProps {
  readonly rule: Constraint
  readonly onClose: () => void
  readonly onChanged: () => void
}

function EditRule({ rule, onClose, onChanged }: EditRuleProps) {
  const client = useClient()
  const save = useAction(async (fields: FormData) => {
    // Only if nobody else has changed it since it was read.
    const ifMatch = `W/"rule:${rule.rule_id}:v${rule.version}"`
    await client.constraints.update(rule.rule_id, readRuleChange(fields), { ifMatch })
    announce('Rule changed.')
    onChanged()
    onClose()
  })
  return (
    <Dialog title={`Change ${rule.name}`} onClose={onClose}>
      <form class="form" onSubmit={(event) => void save.start(fieldsOf(event))}>
        <RuleFields rule={rule} />
        {save.failure && <FailureNote failure={save.failure} />}
        <div class="answer-line">
          <button type="submit" class="primary" disabled={save.isBusy}>
            Save as version {rule.version + 1}
          </button>
        </div>
      </form>
    </Dialog>
  )
}
