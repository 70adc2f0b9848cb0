import { type Policy, type PolicyUpdate, type PolicyVersion, policySchema } from '@bighub/core'
import { useClient } from '../api/api-context.ts'
import { useAction } from '../api/use-action.ts'
import { useQuery } from '../api/use-query.ts'
import { Diff } from '../constraints/constraint-detail.tsx'
import { href } from '../routing/location.ts'
import { announce } from '../ui/announcer.tsx'
import { fieldsOf, jsonField, numberField, textField } from '../ui/form-fields.ts'
import { FailureNote, Loaded, Page, Section } from '../ui/page.tsx'
import { moment } from '../words/format.ts'
import { changesBetween } from './changes-between.ts'
import { readThresholds, ThresholdFields } from './policy-fields.tsx'

const STALE = { staleOn: ({ event_type }: { readonly event_type: string }) => event_type === 'policy.updated' }

/** What the operator decides apart from rules; every version is kept. */
export function PolicyPage() {
  const client = useClient()
  const policy = useQuery('policy', (signal) => client.policy.get({ signal }), STALE)
  const versions = useQuery('policy-versions', (signal) => client.policy.versions({}, { signal }), STALE)
  return (
    <Page
      title="Policy"
      lead="What a loss, a review and a wrong block cost decides what is advised. A change holds from the next evaluation on."
      tools={<a href={href(['simulator'])}>Try a change first</a>}
    >
      <Loaded query={policy}>
        {(current) => (
          <PolicyForm
            key={current.version}
            current={current}
            onSaved={() => {
              policy.reload()
              versions.reload()
            }}
          />
        )}
      </Loaded>
      <Section title="Versions">
        <Loaded query={versions}>
          {(list) =>
            list.length === 0 ? (
              <p class="quiet">It was never changed.</p>
            ) : (
              <ol class="timeline" aria-label="Versions, newest first">
                {list.map((version, index) => (
                  <li key={version.version}>
                    <span class="quiet">
                      v{version.version}
                      <br />
                      {version.changed_at ? moment(version.changed_at) : 'from the start'}
                    </span>
                    <div>
                      {version.changed_by ? `by ${version.changed_by}` : 'the defaults'}
                      {version.reason && <q>{version.reason}</q>}
                      <Diff of={changesBetween(olderOf(list, index), version.policy)} />
                    </div>
                  </li>
                ))}
              </ol>
            )
          }
        </Loaded>
      </Section>
    </Page>
  )
}

/** The policy before a version; before the first one the defaults held. */
function olderOf(list: readonly PolicyVersion[], index: number): Policy | undefined {
  return list[index]?.version === 1 ? policySchema.parse({}) : list[index + 1]?.policy
}

function PolicyForm({ current, onSaved }: { readonly current: PolicyVersion; readonly onSaved: () => void }) {
  const client = useClient()
  const { policy, version } = current
  const save = useAction(async (fields: FormData) => {
    const update: PolicyUpdate = {
      ...readThresholds(fields, policy),
      ...readRest(fields, current),
    }
    if (Object.keys(update).length === 0) throw new Error('nothing differs from the policy in force')
    const reason = textField(fields, 'reason')
    await client.policy.update({ ...update, if_match_version: version, ...(reason ? { reason } : {}) })
    announce('The policy is in force.')
    onSaved()
  })
  return (
    <form class="panel form" onSubmit={(event) => void save.start(fieldsOf(event))}>
      <ThresholdFields policy={policy} />
      <div class="form-grid">
        <label>
          Approvals expire after, in seconds
          <input
            name="expires_in_seconds"
            type="number"
            min="1"
            required
            defaultValue={policy.approvals.expires_in_seconds}
          />
        </label>
        <label>
          Time zone
          <input name="time_zone" required defaultValue={policy.time_zone} />
        </label>
        <label>
          Keep the words of calls, in days
          <input
            name="retention_days"
            type="number"
            min="1"
            defaultValue={policy.retention_days ?? ''}
            placeholder="for good"
          />
        </label>
        <label class="check">
          <input name="repeat_refusal" type="checkbox" defaultChecked={policy.repeat_refusal} />
          Refuse again what was refused in the same run
        </label>
      </div>
      <label>
        Overrides by domain <span class="hint">JSON, such as {'{"payments": {"enforcement_mode": "enforced"}}'}</span>
        <textarea name="domains" rows={3} spellcheck={false} defaultValue={JSON.stringify(policy.domains, null, 2)} />
      </label>
      <label>
        Why
        <input name="reason" maxLength={1000} placeholder="The record keeps it." />
      </label>
      {save.failure && <FailureNote failure={save.failure} />}
      <div class="answer-line">
        <button type="submit" class="primary" disabled={save.isBusy}>
          Save as version {version + 1}
        </button>
      </div>
    </form>
  )
}

function readRest(fields: FormData, { policy }: PolicyVersion): PolicyUpdate {
  const expires = numberField(fields, 'expires_in_seconds')
  const zone = textField(fields, 'time_zone')
  const days = numberField(fields, 'retention_days')
  const repeat = fields.get('repeat_refusal') !== null
  const domains = jsonField(fields, 'domains') ?? {}
  return {
    ...(expires !== null && expires !== policy.approvals.expires_in_seconds
      ? { approvals: { expires_in_seconds: expires } }
      : {}),
    ...(zone !== null && zone !== policy.time_zone ? { time_zone: zone } : {}),
    ...(days === policy.retention_days ? {} : { retention_days: days }),
    ...(repeat === policy.repeat_refusal ? {} : { repeat_refusal: repeat }),
    // The server says what is wrong with them.
    ...(JSON.stringify(domains) === JSON.stringify(policy.domains) ? {} : { domains: domains as Policy['domains'] }),
  }
}
