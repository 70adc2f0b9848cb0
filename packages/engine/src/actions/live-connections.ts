import { type LiveConnection, NotFoundError } from '@bighub/core/protocol'
import type { EngineCore } from '../engine-core.ts'

/** Seconds without a heartbeat after which a connection is gone. */
export const TTL_SECONDS = 120
const HEARTBEAT_SECONDS = 40

/** The slots that agents hold while they are at work (protocol §7.1). No plan limits them here. */
export class LiveConnections {
  readonly #core: EngineCore

  constructor(core: EngineCore) {
    this.#core = core
  }

  async connect(actor: string, context: Readonly<Record<string, unknown>>): Promise<LiveConnection> {
    const { storage, now, newId } = this.#core
    const at = now()
    const id = `live_${newId(at)}`
    await this.#forgetExpired()
    await storage.database
      .insertInto('live_connections')
      .values({
        organisation: storage.organisation,
        connection_id: id,
        actor,
        connected_at: at,
        expires_at: at + TTL_SECONDS * 1000,
        context: JSON.stringify(context),
      })
      .execute()
    return this.#answer(id, actor, 'connected')
  }

  /** @throws NotFoundError if there is no such connection, or it has expired. */
  async heartbeat(id: string): Promise<LiveConnection> {
    const { storage, now } = this.#core
    const row = await storage.database
      .updateTable('live_connections')
      .set({ expires_at: now() + TTL_SECONDS * 1000 })
      .where('organisation', '=', storage.organisation)
      .where('connection_id', '=', id)
      .where('expires_at', '>', now())
      .returning('actor')
      .executeTakeFirst()
    if (!row) throw new NotFoundError('live_connection', id)
    return this.#answer(id, row.actor, 'alive')
  }

  /** Twice is harmless. */
  async disconnect(id: string): Promise<LiveConnection> {
    const { storage } = this.#core
    const row = await storage.database
      .deleteFrom('live_connections')
      .where('organisation', '=', storage.organisation)
      .where('connection_id', '=', id)
      .returning('actor')
      .executeTakeFirst()
    return this.#answer(id, row?.actor ?? '', 'disconnected')
  }

  async isAlive(id: string): Promise<boolean> {
    const { storage, now } = this.#core
    const row = await storage.database
      .selectFrom('live_connections')
      .select('connection_id')
      .where('organisation', '=', storage.organisation)
      .where('connection_id', '=', id)
      .where('expires_at', '>', now())
      .executeTakeFirst()
    return row !== undefined
  }

  async #answer(id: string, actor: string, status: LiveConnection['status']): Promise<LiveConnection> {
    const { storage, now } = this.#core
    const { n } = await storage.database
      .selectFrom('live_connections')
      .select(({ fn }) => fn.countAll<number>().as('n'))
      .where('organisation', '=', storage.organisation)
      .where('expires_at', '>', now())
      .executeTakeFirstOrThrow()
    return {
      connection_id: id,
      agent_id: actor,
      current_connections: n,
      max_connections: null,
      ttl_seconds: TTL_SECONDS,
      heartbeat_interval_seconds: HEARTBEAT_SECONDS,
      status,
    }
  }

  async #forgetExpired(): Promise<void> {
    const { storage, now } = this.#core
    await storage.database
      .deleteFrom('live_connections')
      .where('organisation', '=', storage.organisation)
      .where('expires_at', '<=', now())
      .execute()
  }
}
