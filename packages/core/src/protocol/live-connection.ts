import * as z from 'zod'
import { nameSchema } from './paging.ts'

const contextSchema = z.record(z.string(), z.unknown())

/** Body of `POST /actions/live/connect`. */
export const connectRequestSchema = z.looseObject({
  actor: nameSchema.optional(),
  context: contextSchema.optional(),
})
export type ConnectRequest = z.input<typeof connectRequestSchema>

/** Body of `POST /actions/live/heartbeat` and `…/disconnect`. */
export const liveRequestSchema = z.looseObject({
  connection_id: z.string().min(1).max(200),
  context: contextSchema.optional(),
})
export type LiveRequest = z.input<typeof liveRequestSchema>

/** A slot that an agent holds while it is at work (protocol §7.1). */
export const liveConnectionSchema = z.looseObject({
  connection_id: z.string(),
  agent_id: z.string(),
  current_connections: z.int(),
  max_connections: z.int().nullable(),
  /** Seconds without a heartbeat after which the connection is gone. */
  ttl_seconds: z.int(),
  heartbeat_interval_seconds: z.int(),
  status: z.enum(['connected', 'alive', 'disconnected']),
})
export type LiveConnection = z.infer<typeof liveConnectionSchema>
