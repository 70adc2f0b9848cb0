import { type DecisionApi, type KillSwitch, NotFoundError } from '@bighub/core/protocol'
import type { EngineCore } from '../engine-core.ts'
import { createResource } from '../resource.ts'

/** Stops for everything or for a domain. They bind in every mode, shadow included, and are synced to disk. */
export function createKillSwitchApi(core: EngineCore): DecisionApi['killSwitch'] {
  return createResource('killSwitch', {
    async status() {
      const { killSwitches } = await core.state()
      return { is_active: killSwitches.size > 0, active_switches: [...killSwitches.values()] }
    },

    activate: (body, options) =>
      core.run({
        sync: true,
        plan: () => {
          const at = core.now()
          const id = `ksw_${core.newId(at)}`
          const killSwitch: KillSwitch = {
            id,
            switch_id: id,
            // Who names a domain means that domain.
            scope: body.scope ?? (body.domain ? 'domain' : 'global'),
            domain: body.domain ?? null,
            rule_id: body.rule_id ?? null,
            reason: body.reason ?? '',
            activated_by: options.by ?? 'application',
            activated_at: new Date(at).toISOString(),
          }
          return {
            records: [{ type: 'kill_switch_changed', at, subject: id, kept: { switch: killSwitch }, payload: {} }],
            answer: () => killSwitch,
          }
        },
      }),

    deactivate: (switchId, body, options) =>
      core.run({
        sync: true,
        plan: (state) => {
          if (!state.killSwitches.has(switchId)) throw new NotFoundError('kill_switch', switchId)
          const at = core.now()
          const payload = { by: options.by ?? 'application', reason: body.reason ?? '' }
          return {
            records: [{ type: 'kill_switch_changed', at, subject: switchId, kept: { switch: null }, payload }],
            answer: () => ({ success: true }),
          }
        },
      }),
  })
}
