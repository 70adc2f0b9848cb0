import { join } from 'node:path'
import type { Engine, EngineOptions } from '@bighub/engine'

const ACTIONS = ['refund_order', 'set_price', 'send_mail', 'delete_account', 'read_ticket', 'deploy'] as const
const DOMAINS = ['payments', 'ops', 'support'] as const
/** Time between two decisions. */
const STEP_MS = 15_000

export interface FillOptions {
  readonly folder: string
  readonly decisions: number
}

/** A log like that of a team with forty agents, made through the engine itself: a millisecond a decision. Seeded. */
export async function fillLog(
  open: (options: EngineOptions) => Engine,
  { folder, decisions }: FillOptions,
): Promise<void> {
  let now = Date.UTC(2026, 0, 1)
  let seed = 7
  // Lehmer's generator: the same log on every machine.
  const random = (): number => (seed = (seed * 48_271) % 2_147_483_647) / 2_147_483_647
  const pick = <T>(from: readonly T[]): T => from[Math.floor(random() * from.length)] as T
  const engine = open({ file: join(folder, 'bighub.db'), now: () => now })
  for (let index = 0; index < decisions; index++) {
    now += STEP_MS
    const action = pick(ACTIONS)
    const target = `T-${Math.floor(random() * 50_000)}`
    const value = Math.round(random() * 20_000) / 100
    const { request_id } = await engine.evaluate({
      action,
      actor: `agent-${Math.floor(random() * 40)}`,
      domain: pick(DOMAINS),
      target,
      value,
      context: { trajectory_id: `run-${Math.floor(index / 8)}`, call: { tool: action, arguments: { target, value } } },
    })
    if (random() < 0.2) await engine.reportOutcome({ request_id, status: random() < 0.15 ? 'FAILURE' : 'SUCCESS' })
  }
  await engine.close()
}
