import * as z from 'zod'

/** One active stop. `id` and `switch_id` are the same (protocol §11, point 15). */
export const killSwitchSchema = z.looseObject({
  id: z.string(),
  switch_id: z.string(),
  scope: z.enum(['global', 'domain']),
  domain: z.string().nullish(),
  rule_id: z.string().nullish(),
  reason: z.string(),
  activated_by: z.string(),
  activated_at: z.string(),
})
export type KillSwitch = z.infer<typeof killSwitchSchema>

export const killSwitchStatusSchema = z.looseObject({
  is_active: z.boolean(),
  active_switches: z.array(killSwitchSchema),
})
export type KillSwitchStatus = z.infer<typeof killSwitchStatusSchema>

/** Body of `POST /kill-switch/activate`; `{}` stops everything. */
export const activateKillSwitchRequestSchema = z
  .looseObject({
    reason: z.string().max(10_000).optional(),
    scope: z.enum(['global', 'domain']).optional(),
    domain: z.string().max(500).nullish(),
    rule_id: z.string().nullish(),
  })
  .refine((body) => body.scope !== 'domain' || Boolean(body.domain), {
    message: 'scope "domain" needs the domain to stop',
    path: ['domain'],
  })
export type ActivateKillSwitchRequest = z.input<typeof activateKillSwitchRequestSchema>

/** Answer of `POST /kill-switch/deactivate/{switch_id}`. */
export const deactivatedSchema = z.looseObject({ success: z.literal(true) })
/** Body of it; what it says is kept with the record. */
export const deactivateKillSwitchRequestSchema = z.looseObject({ reason: z.string().max(10_000).optional() })
export type DeactivateKillSwitchRequest = z.input<typeof deactivateKillSwitchRequestSchema>
