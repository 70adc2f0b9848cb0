import type { DecisionApi } from '../../../protocol/index.ts'
import { type ConformanceCase, refused } from '../conformance-case.ts'

/** Rules, policy, approvals, effects, events: what an operator works with. */
export const OPERATOR_CASES: readonly ConformanceCase[] = [
  {
    name: 'rules are made, changed by patch, versioned, checked and removed',
    async run({ constraints, actions }) {
      await constraints.dryRun({ name: 'cap', max_value: 5, min_value: 9 })
      const rule = await constraints.create({
        name: 'cap',
        domain: 'payments',
        max_value: 100,
        max_per_day: 2,
        tags: ['money'],
        metadata: { ticket: 7 },
      })
      const second = await constraints.create({
        name: 'careful hours',
        conditions: { action_in: ['refund'], value_gt: 50 },
        action_on_match: 'review',
      })
      const id = rule.rule_id
      await constraints.list({ status: 'active', domain: 'payments' })
      await constraints.get(id)
      await constraints.update(id, { max_value: 90 })
      const patch = [{ op: 'replace' as const, path: '/max_value', value: 80 }]
      const preview = await constraints.applyPatch(id, { patch })
      await constraints.applyPatch(id, {
        patch,
        preview: false,
        reason: 'tighter',
        if_match_version: Number(preview.after['version']),
      })
      await refused(constraints.applyPatch(id, { patch, preview: false, if_match_version: 1 }))
      await refused(constraints.applyPatch(id, { patch, preview: false }, { ifMatch: `W/"rule:${id}:v1"` }))
      await constraints.applyPatch(id, { patch: [{ op: 'replace', path: '/version', value: 9 }] })
      const action = { action: 'refund', domain: 'payments', value: 10 }
      await constraints.validateDryRun(action)
      await constraints.validate(action)
      await constraints.validate({ ...action, value: 500 })
      await constraints.pause(id)
      await constraints.validate({ ...action, value: 500 })
      await constraints.resume(id)
      await constraints.versions(id, { limit: 3 })
      await constraints.domains()
      await actions.evaluate({ action: 'refund', value: 60 })
      await constraints.delete(second.rule_id)
      await constraints.list()
      await constraints.purgeIdempotency({ only_expired: true })
      await refused(constraints.get('rule_nobody'))
      await refused(constraints.create({ conditions: { value_above: 3 }, action_on_match: 'review' }))
      await refused(constraints.create({ max_per_day: -1 }))
    },
  },
  {
    name: 'a held call is shown, answered, used once; the story is told',
    async run({ actions, approvals, constraints, decisions, events }, { advance }) {
      await constraints.create({ name: 'ask', require_approval_above: 10 })
      const hold = async (): Promise<string> => {
        // Lists are in the order of time, so no two may be of one moment.
        advance(1000)
        const { request_id: id } = await actions.evaluate({
          action: 'refund',
          actor: 'agent',
          value: 50,
          context: {
            trajectory_id: 'run-1',
            call: {
              tool: 'refund',
              arguments: { amount: 50 },
              arguments_digest: 'digest',
              provenance: { amount: 'tool' },
            },
          },
        })
        return id
      }
      const id = await hold()
      await approvals.list()
      await approvals.get(id)
      await refused(approvals.get('act_nobody'))
      await approvals.consume(id, { arguments_digest: 'digest', effect_key: 'key' })
      await approvals.resolve(id, { resolution: 'approved', comment: 'fine' })
      await approvals.resolve(id, { resolution: 'approved' })
      await refused(approvals.resolve(id, { resolution: 'denied' }))
      await approvals.consume(id, { arguments_digest: 'another', effect_key: 'key' })
      await approvals.consume(id, { arguments_digest: 'digest', effect_key: 'key' })
      await approvals.consume(id, { arguments_digest: 'digest', effect_key: 'key' })
      const cancelled = await hold()
      await approvals.cancel(cancelled, { reason: 'the run ended' })
      await hold()
      advance(86_400_000)
      await approvals.list({ status: 'expired' })
      await approvals.list({ status: 'all', limit: 2 })
      await decisions.list({ q: 'refund', limit: 2 })
      await decisions.get(id)
      await refused(decisions.get('act_nobody'))
      await refused(decisions.list({ limit: 0 }))
      await events.list({ limit: 4 })
      await events.list({ event_type: 'approval.approved' })
      await events.stats()
    },
  },
  {
    name: 'a held call is one decision however often it is brought, and takes as many answers as the policy says',
    async run({ actions, approvals, constraints, decisions, events, policy }, { advance }) {
      await constraints.create({ name: 'ask', require_approval_above: 10 })
      // What a guard binds to these arguments (SHA-256 of their canonical JSON with tool, actor, domain and target version).
      const digest = 'a286130370e059fb4ef905382c4a4b3ec1effcd1f1b4079c2e0b8e83ab5d4d2e'
      const call = { tool: 'refund', call_id: 'call_1', arguments: { amount: 50 }, arguments_digest: digest }
      const hold = async (key: string): Promise<string> => {
        advance(1000)
        const { request_id: id } = await actions.evaluate({
          action: 'refund',
          actor: 'agent',
          value: 50,
          context: { trajectory_id: 'run-1', call: { ...call, effect_key: key } },
        })
        return id
      }
      const first = await hold('run-1/call_1/key')
      await hold('run-1/call_1/key')
      const edit = { resolution: 'approved' as const, arguments: { amount: 20 }, comment: 'less' }
      await refused(approvals.resolve(first, { ...edit, arguments: { amount: 50 } }))
      await refused(approvals.resolve(first, { ...edit, resolution: 'denied' }))
      const { superseded_by: next } = await approvals.resolve(first, edit)
      await refused(approvals.resolve(first, edit))
      await decisions.get(first)
      const { arguments_digest: changed } = await approvals.get(String(next))
      await approvals.consume(first, { arguments_digest: digest, effect_key: 'run-1/call_1/key' })
      await approvals.consume(String(next), { arguments_digest: changed, effect_key: 'run-1/call_1/changed' })
      await policy.update({ approvals: { quorum: 2, escalation: { after_seconds: 60 } }, max_holds_per_hour: 4 })
      const second = await hold('run-1/call_2/key')
      await approvals.resolve(second, { resolution: 'approved' })
      // The same person again, who counts once.
      await approvals.resolve(second, { resolution: 'approved' })
      advance(60_000)
      await approvals.list()
      await events.list({ event_type: 'approval.escalated' })
      await approvals.resolve(second, { resolution: 'denied', comment: 'after all' })
      await policy.update({ approvals: { approvers: ['somebody else'] } })
      await refused(approvals.resolve(await hold('run-1/call_3/key'), { resolution: 'denied' }))
      await hold('run-1/call_4/key')
    },
  },
  {
    name: 'a call is claimed once, settled once, and what nobody knows is resolved',
    async run({ actions, effects }) {
      const { request_id: id } = await actions.evaluate({ action: 'list_orders' })
      const claim = { effect_key: 'key', request_id: id, arguments_digest: 'd' }
      const { effect_id: effectId } = await effects.claim(claim)
      await effects.claim(claim)
      await effects.settle(effectId, { state: 'aborted', summary: 'the run was aborted' })
      await effects.list({ state: 'aborted' })
      await effects.resolve(effectId, { state: 'succeeded', summary: 'the shop says so' })
      await refused(effects.resolve(effectId, { state: 'failed' }))
      await refused(effects.settle('eff_nobody', { state: 'failed' }))
      await refused(effects.claim({ ...claim, effect_key: 'other', request_id: 'act_nobody' }))
    },
  },
  {
    name: 'policy and kill switches bind from the next call on',
    async run({ actions, killSwitch, policy }) {
      await policy.get()
      await policy.update({ enforcement_mode: 'enforced', costs: { review: 0.5 }, reason: 'audit' })
      await policy.versions({ limit: 5 })
      await refused(policy.update({ enforcement_mode: 'review', if_match_version: 0 }))
      await refused(policy.update({ time_zone: 'Atlantis/Capital' }))
      await actions.evaluate({ action: 'refund', value: 5 })
      const { switch_id: id } = await killSwitch.activate({ reason: 'incident', scope: 'domain', domain: 'payments' })
      await killSwitch.status()
      await actions.evaluate({ action: 'refund', domain: 'payments' })
      await actions.evaluate({ action: 'refund', domain: 'mails' })
      await killSwitch.deactivate(id, { reason: 'over' })
      await refused(killSwitch.deactivate(id))
      await refused(killSwitch.activate({ scope: 'domain' }))
    },
  },
  {
    name: 'jobs recompute, replay under another policy, and erase words but not the chain',
    async run({ actions, backtests, decisions, learning, operations, outcomes }, { unrecorded }) {
      const ids: string[] = []
      for (let n = 0; n < 6; n++) {
        const { request_id: id } = await actions.evaluate({
          action: 'refund',
          actor: 'mara',
          value: 10 * n,
          target: 'unique-word',
        })
        await outcomes.report({ request_id: id, status: n % 2 === 0 ? 'SUCCESS' : 'FAILURE' })
        ids.push(id)
      }
      await learning.strategy()
      await learning.recompute({ async_mode: false })
      await learning.backfill({ async_mode: false, limit: 2 })
      await learning.runs({ limit: 2 })
      const { job_id: job } = await backtests.create({ decisions: 5, constraints: [{ name: 'cap', max_value: 20 }] })
      await untilDone(() => unrecorded.backtests.get(job))
      await backtests.get(job)
      await operations.snapshot()
      await operations.erase({ actor: 'mara', reason: 'asked to' })
      await decisions.get(ids[0] ?? '')
      await refused(backtests.get('job_nobody'))
      await refused(operations.erase({ reason: 'nothing named' }))
    },
  },
  {
    name: 'webhooks, keys and accounts are managed without showing secrets again',
    async run(api) {
      await manageWebhooks(api)
      await manageKeys(api)
      await manageAccounts(api)
    },
  },
]

async function untilDone(look: () => Promise<{ readonly status: string }>): Promise<void> {
  for (let tries = 0; tries < 200; tries++) {
    const { status } = await look()
    if (status !== 'queued' && status !== 'running') return
    await new Promise((resolve) => setTimeout(resolve, 10))
  }
  throw new Error('the job did not end')
}

async function manageWebhooks({ webhooks }: DecisionApi): Promise<void> {
  await webhooks.listEvents()
  // An address that is refused when it comes to sending: nothing leaves the machine.
  const { webhook_id: id } = await webhooks.create({ url: 'http://169.254.169.254/hook', events: ['outcome.reported'] })
  await webhooks.list()
  await webhooks.get(id)
  await webhooks.update(id, { label: 'metadata', is_active: false })
  await webhooks.list({ include_inactive: true })
  const { delivery_id: delivery } = await webhooks.test(id, { event_type: 'signal.new' })
  await webhooks.deliveries(id, { limit: 5 })
  await webhooks.replayFailedDelivery(id, String(delivery))
  await webhooks.verifySignature({ payload: '{}', signature: 'v1=00', secret: 'whsec', timestamp: 1 })
  await webhooks.delete(id)
  await refused(webhooks.get(id))
  await refused(webhooks.create({ url: 'ftp://example.com' }))
}

async function manageKeys({ apiKeys }: DecisionApi): Promise<void> {
  await apiKeys.scopes()
  const created = await apiKeys.create({ label: 'agent', scopes: ['actions:validate'], expires_in_days: 30 })
  await apiKeys.list()
  await apiKeys.validate({ api_key: created.key })
  const rotated = await apiKeys.rotate(created.key_id)
  await apiKeys.validate({ api_key: created.key })
  await apiKeys.delete(rotated.new_key_id, { reason: 'no longer used' })
  await apiKeys.list({ include_revoked: true })
  await refused(apiKeys.rotate('key_nobody'))
  await refused(apiKeys.create({ scopes: ['everything' as never] }))
}

async function manageAccounts({ auth }: DecisionApi): Promise<void> {
  const credentials = { email: 'mara@lind.example', password: 'correct horse battery' }
  await auth.signup(credentials)
  await refused(auth.signup(credentials))
  const { refresh_token: token } = await auth.login(credentials)
  await refused(auth.login({ ...credentials, password: 'wrong wrong wrong' }))
  const fresh = await auth.refresh({ refresh_token: token })
  await refused(auth.refresh({ refresh_token: token }))
  await auth.logout({ refresh_token: fresh.refresh_token })
  await refused(auth.refresh({ refresh_token: fresh.refresh_token }))
  await refused(auth.signup({ email: 'nobody', password: 'short' }))
}
