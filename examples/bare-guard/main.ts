/**
 * A guard without a framework, around a deploy script's own functions. Two services are released again and again; one breaks
 * each time, and the guard comes to tell them apart. Another service always takes a person.
 */
import assert from 'node:assert/strict'
import { createGuard } from '@bighub/core'
import { createEngine } from '@bighub/engine'

const engine = createEngine({ file: ':memory:' })
const guard = createGuard({
  evaluator: engine,
  actor: 'deploy-bot',
  domain: 'infrastructure_devops',
  approvals: {
    // Who is on call here: waves through what is merely uncertain, and nothing that they were told to leave alone.
    onRequest: ({ approval }) => ({
      resolution: approval.risk_score < 0.6 && approval.target !== 'payments-eu' ? 'approved' : 'denied',
      resolvedBy: 'ana',
    }),
  },
})

const deployed: string[] = []
const broken = new Set(['billing'])

/** The real tool: throws when a service does not come up. */
async function deploy(service: string): Promise<string> {
  deployed.push(service)
  if (broken.has(service)) throw new Error(`${service} did not become healthy`)
  return `${service} is live`
}

/** One guarded call; what the tool throws comes through untouched. */
async function guardedDeploy(service: string, callId: string): Promise<string> {
  const result = await guard
    .run({ tool: 'deploy_service', arguments: { service }, callId, options: { target: service, mutating: true } }, () =>
      deploy(service),
    )
    .catch((error: unknown) => ({ status: 'failed' as const, error }))
  if (result.status === 'failed') return `failed: ${String(result.error)}`
  return result.status === 'executed' ? result.value : `refused: ${result.refusal.message}`
}

/** What the engine would say about one more deployment; records nothing. */
async function riskOf(service: string): Promise<number> {
  const answer = await engine.evaluate({
    action: 'deploy_service',
    actor: 'deploy-bot',
    domain: 'infrastructure_devops',
    target: service,
    context: { call: { tool: 'deploy_service', arguments: { service }, mutating: true } },
    dry_run: true,
  })
  return answer.risk_score
}

const before = await riskOf('billing')
for (let release = 1; release <= 8; release++) {
  // In turn, so that failing has to do with the service and not with coming second.
  const services = release % 2 === 0 ? ['search', 'billing'] : ['billing', 'search']
  await guard.withRun({ id: `release-${release}` }, async () => {
    for (const service of services) console.log(`release ${release}: ${await guardedDeploy(service, service)}`)
  })
  // The next release should know what came of this one.
  await guard.flush()
}
const after = { billing: await riskOf('billing'), search: await riskOf('search') }
console.log(`risk of deploying billing: ${before.toFixed(2)} at first, ${after.billing.toFixed(2)} now`)
console.log(`risk of deploying search:  ${after.search.toFixed(2)} now`)
assert(after.billing > before + 0.1, 'what failed is feared')
assert(after.search < before / 2, 'what worked is not')
assert(
  deployed.filter((service) => service === 'billing').length < 8,
  'some of the failing deployments were not run again',
)
assert.equal(deployed.filter((service) => service === 'search').length, 8)

await engine.constraints.create({
  name: 'Payments need a person',
  domain: 'infrastructure_devops',
  conditions: { target_matches: 'payments*' },
  action_on_match: 'review',
})
const held = await guardedDeploy('payments-eu', 'payments-1')
console.log(held)
assert.match(held, /^refused: .*declined/)
assert(!deployed.includes('payments-eu'))

await guard.close()
const { valid } = await engine.verifyLog()
assert(valid)
await engine.close()
