/**
 * An ops agent behind a server. Restarts run; deleting a volume takes two people, and nobody who asked for it. The process that asked is
 * gone when the second one answers; another process takes the call up, and it runs once.
 */
import assert from 'node:assert/strict'
import { mkdtempSync, rmSync } from 'node:fs'
import { tmpdir } from 'node:os'
import { join } from 'node:path'
import { BighubClient, createGuard, type Guard } from '@bighub/core'
import type { Scope } from '@bighub/core/protocol'
import { startServer } from '@bighub/server'

const folder = mkdtempSync(join(tmpdir(), 'bighub-four-eyes-'))
const server = await startServer({ dataDir: folder, port: 0 })
const admin = new BighubClient({ baseUrl: server.url, apiKey: server.adminKey ?? '' })
await admin.policy.update({ approvals: { quorum: 2, four_eyes: true }, reason: 'deletions cannot be undone' })
await admin.rules.create({
  name: 'Deletions take people',
  domain: 'operations',
  conditions: { action_matches: 'delete_*' },
  action_on_match: 'review',
})

/** A client with a key of its own. */
async function clientFor(label: string, scopes: readonly Scope[]): Promise<BighubClient> {
  const { key } = await admin.apiKeys.create({ label, scopes: [...scopes] })
  return new BighubClient({ baseUrl: server.url, apiKey: key })
}

// Even an agent whose key may answer approvals cannot approve what it asked for.
const AGENT: readonly Scope[] = [
  'actions:validate',
  'outcomes:write',
  'effects:write',
  'approvals:read',
  'approvals:resolve',
]
const agentClient = await clientFor('ops-agent', AGENT)
const [ana, ben] = [await clientFor('ana', ['approvals:resolve']), await clientFor('ben', ['approvals:resolve'])]

const volumes = new Set(['cache-1', 'orders-1'])
const restarted: string[] = []
const deleteVolume = (args: unknown): string => {
  const { volume } = args as { volume: string }
  return volumes.delete(volume) ? `${volume} is gone` : `there is no ${volume}`
}

const guardOf = (evaluator: BighubClient): Guard => createGuard({ evaluator, actor: 'ops-agent', domain: 'operations' })
const first = guardOf(agentClient)
const restart = await first.run(
  { tool: 'restart_service', arguments: { service: 'search' }, callId: 'call_1', runId: 'incident-12' },
  () => restarted.push('search'),
)
assert.equal(restart.status, 'executed')

const call = { tool: 'delete_volume', arguments: { volume: 'cache-1' }, callId: 'call_2', runId: 'incident-12' }
const options = { target: 'cache-1', mutating: true, reversibility: 0 }
const begun = await first.begin({ ...call, options })
assert.equal(begun.disposition, 'await_approval')
const { request_id: id } = await begun.approval()
console.log(`held: delete_volume cache-1 (${id})`)

const approve = (client: BighubClient) => client.approvals.resolve(id, { resolution: 'approved' })
await assert.rejects(approve(agentClient), { code: 'forbidden' })
console.log('the agent may not approve its own call')
const afterAna = await approve(ana)
assert.equal(afterAna.status, 'pending', 'one is not enough')
assert.equal((await approve(ana)).status, 'pending', 'and the same one twice is one')
// The process that asked ends here. Nothing of it is needed any more.
await first.close()
const afterBen = await approve(ben)
assert.equal(afterBen.status, 'approved')
console.log(`approved by ${afterBen.approvals_given?.map(({ by }) => by).join(' and ')}`)

// Two guards at once, as two processes have them.
const [second, third] = [guardOf(agentClient), guardOf(agentClient)]
const results = await Promise.all(
  [second, third].map(async (guard) => (await guard.resume(id, { options })).run(deleteVolume)),
)
console.log(
  `two guards took it up: ${results
    .map(({ status }) => status)
    .toSorted()
    .join(', ')}`,
)
assert.deepEqual(results.map(({ status }) => status).toSorted(), ['executed', 'refused'], 'it runs once')
assert.deepEqual([...volumes], ['orders-1'])
assert.deepEqual(restarted, ['search'])

await Promise.all([second.close(), third.close()])
const { effects, total } = await admin.effects.list({ state: 'succeeded' })
assert.equal(total, 2)
assert(effects.some(({ target }) => target === 'cache-1'))
await Promise.all([admin, agentClient, ana, ben].map((client) => client.close()))
await server.close()
rmSync(folder, { recursive: true })
