import {
  type ActivateKillSwitchRequest,
  activateKillSwitchRequestSchema,
  InvalidInputError,
  type KillSwitch,
  type KillSwitchStatus,
  NotFoundError,
} from '@bighub/core/protocol'
import type { EngineCore } from '../engine-core.ts'

/** Stops for everything or for a domain. They bind in every mode, shadow included. */
export class KillSwitchApi {
  readonly #core: EngineCore

  constructor(core: EngineCore) {
    this.#core = core
  }

  async status(): Promise<KillSwitchStatus> {
    const { killSwitches } = await this.#core.state()
    return { is_active: killSwitches.size > 0, active_switches: [...killSwitches.values()] }
  }

  /** Stops every call (or those of one domain) from the next evaluation on; synced to disk. @throws InvalidInputError */
  async activate(request: ActivateKillSwitchRequest = {}, by = 'application'): Promise<KillSwitch> {
    const parsed = activateKillSwitchRequestSchema.safeParse(request)
    if (!parsed.success) throw InvalidInputError.fromZod('a kill switch', parsed.error)
    const core = this.#core
    return core.run({
      sync: true,
      plan: () => {
        const at = core.now()
        const id = `ksw_${core.newId(at)}`
        const killSwitch: KillSwitch = {
          id,
          switch_id: id,
          scope: parsed.data.scope ?? 'global',
          domain: parsed.data.domain ?? null,
          rule_id: parsed.data.rule_id ?? null,
          reason: parsed.data.reason ?? '',
          activated_by: by,
          activated_at: new Date(at).toISOString(),
        }
        return {
          records: [{ type: 'kill_switch_changed', at, subject: id, kept: { switch: killSwitch }, payload: {} }],
          answer: () => killSwitch,
        }
      },
    })
  }

  /** @throws NotFoundError if no such switch is active. */
  async deactivate(switchId: string, by = 'application'): Promise<{ success: true }> {
    const core = this.#core
    return core.run({
      sync: true,
      plan: (state) => {
        if (!state.killSwitches.has(switchId)) throw new NotFoundError('kill_switch', switchId)
        const at = core.now()
        return {
          records: [{ type: 'kill_switch_changed', at, subject: switchId, kept: { switch: null }, payload: { by } }],
          answer: () => ({ success: true }),
        }
      },
    })
  }
}
