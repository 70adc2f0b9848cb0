import { type BighubClient, createGuard } from '@bighub/core'
import type { Engine } from '@bighub/engine'
import { userName } from '../place/user-name.ts'

export interface Check {
  readonly name: string
  /** `look`: nothing is broken, but somebody should see to it. */
  readonly result: 'holds' | 'look' | 'fails'
  readonly says: string
}

/** Domain of the call that must be blocked; nobody else uses it. */
const DOMAIN = 'bighub-doctor'

/** The log and what was learned from it. */
export async function checkStore(engine: Engine): Promise<Check[]> {
  const { valid, records, fault } = await engine.verifyLog()
  const { equal } = await engine.verifyState()
  return [
    valid
      ? { name: 'log', result: 'holds', says: `${records} records, each with the hash of the one before` }
      : {
          name: 'log',
          result: 'fails',
          says: `broken at record ${fault?.seq}: ${fault?.problem.replaceAll('_', ' ')}`,
        },
    equal
      ? { name: 'state', result: 'holds', says: 'what was learned is exactly a fold of the log' }
      : {
          name: 'state',
          result: 'fails',
          says: 'what was learned differs from a fold of the log: run learning.recompute',
        },
  ]
}

/** A guard over the real evaluator, and what is left open. */
export async function checkWiring(api: BighubClient | Engine): Promise<Check[]> {
  const [blocked, unknown, holds, { active_switches: switches }] = [
    await checkBlock(api),
    await api.effects.list({ state: 'unknown', limit: 1 }),
    await api.approvals.list({ status: 'pending', limit: 1000 }),
    await api.killSwitch.status(),
  ]
  return [
    blocked,
    unknown.total === 0
      ? { name: 'effects', result: 'holds', says: 'every call that began has an end' }
      : {
          name: 'effects',
          result: 'look',
          says: `${unknown.total} calls may or may not have run: bighub effects list --state unknown`,
        },
    holds.length === 0
      ? { name: 'approvals', result: 'holds', says: 'nothing waits for a person' }
      : { name: 'approvals', result: 'look', says: `${holds.length} calls wait for a person: bighub approvals list` },
    switches.length === 0
      ? { name: 'switches', result: 'holds', says: 'no kill switch is active' }
      : { name: 'switches', result: 'look', says: `${switches.length} kill switches are active: bighub kill status` },
  ]
}

/** Stops a domain, drives a call of it, and judges by whether its tool ran. */
async function checkBlock(api: BighubClient | Engine): Promise<Check> {
  const by = userName()
  const { switch_id: id } = await api.killSwitch.activate(
    { scope: 'domain', domain: DOMAIN, reason: 'bighub doctor' },
    { by },
  )
  const guard = createGuard({ evaluator: api, actor: DOMAIN, domain: DOMAIN })
  let runs = 0
  try {
    const result = await guard.run({ tool: 'doctor_probe', arguments: {}, options: { mutating: true } }, () => {
      runs++
    })
    await guard.flush()
    return result.status === 'refused' && runs === 0
      ? { name: 'block', result: 'holds', says: 'a call that must not run was driven through a guard, and did not run' }
      : {
          name: 'block',
          result: 'fails',
          says: 'a call that must not run did run: the guard does not reach its evaluator',
        }
  } finally {
    await guard.close()
    await api.killSwitch.deactivate(id, { reason: 'bighub doctor' }, { by })
  }
}
