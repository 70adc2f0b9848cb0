import { isIP } from 'node:net'
import { join } from 'node:path'
import { ConfigurationError, type Principal } from '@bighub/core/protocol'
import {
  createEngineHost,
  type EngineHost,
  FIRST_ORGANISATION,
  type HostOptions,
  openPostgresHost,
} from '@bighub/engine'
import { createServer } from './create-server.ts'
import { type Listener, type ListenOptions, listen } from './listen.ts'
import { SILENT } from './logging/logger.ts'
import type { ServerOptions } from './server-options.ts'

export interface StartOptions
  extends ListenOptions,
    Omit<ServerOptions, 'host'>,
    Pick<HostOptions, 'durability' | 'quotas' | 'tokenSecret'> {
  /** Folder of the SQLite file, made when it is not there. @defaultValue '.bighub' */
  readonly dataDir?: string
  /** `postgresql://…`: keep everything there instead. */
  readonly databaseUrl?: string
  /** Whether anybody may make a user with an organisation of their own. @defaultValue `open` if only this machine can connect */
  readonly signup?: 'open' | 'off'
  /** The first admin key of an empty store. @defaultValue a fresh one */
  readonly adminKey?: string
  /** Addresses and networks that webhooks may be sent to although they are not public. @defaultValue none */
  readonly webhookAllow?: readonly string[]
}

/** A server with its own engines, listening. */
export interface StartedServer extends Listener {
  /** The first admin key, if this start made or took one; nobody can read it again. */
  readonly adminKey: string | null
  /**
   * The dashboard's address, signed in as `local:<name>` with all rights in the first organisation: for whoever started this process.
   * It works once, within five minutes, and from this machine. Null if the server listens to other machines too.
   *
   * @param name - Who is let in, such as their name on this machine.
   * @param page - What to show first. @defaultValue 'inbox'
   */
  signInLink(name: string, page?: string): string | null
}

/**
 * Opens the store, makes the first key if there is none, and listens. Closing finishes what is under way and closes the store.
 *
 * @throws ConfigurationError, or StorageError if the store cannot be used (it is left as it was).
 */
export async function startServer(options: StartOptions = {}): Promise<StartedServer> {
  const { hostname = '127.0.0.1', port, adminKey, rateLimit, maxBodyBytes, cors, logger } = options
  const host = await openHost(options, hostname)
  try {
    const server = createServer({ host, ...given({ rateLimit, maxBodyBytes, cors, logger }) })
    const made = await host.bootstrapAdminKey(adminKey)
    const listener = await listen(server, { hostname, ...given({ port }) })
    let closing: Promise<void> | undefined
    const close = async (): Promise<void> => {
      await listener.close()
      await host.close()
    }
    return {
      url: listener.url,
      adminKey: made?.key ?? null,
      signInLink: (name, page = 'inbox') => {
        if (!isLoopback(hostname)) return null
        const token = server.issueSignInLink(localPrincipal(name))
        // Behind the #: a browser sends that to nobody, and no log of ours or of a proxy has it.
        return `${listener.url}/#/sign-in/${token}/${page}`
      },
      close: () => (closing ??= close()),
    }
  } catch (error) {
    await host.close()
    throw error
  }
}

/** Whoever started the process can read its store: nothing is kept from them. */
function localPrincipal(name: string): Principal {
  return { organisation: FIRST_ORGANISATION, by: `local:${name}`, scopes: ['admin'], rateLimitPerMinute: null }
}

async function openHost(options: StartOptions, hostname: string): Promise<EngineHost> {
  const { dataDir, databaseUrl, signup, webhookAllow, durability, quotas, tokenSecret, logger = SILENT } = options
  const common: HostOptions = {
    isSignupOpen: (signup ?? (isLoopback(hostname) ? 'open' : 'off')) === 'open',
    onError: (error) => logger.log('error', 'failed in the background, tried again', { error }),
    ...(webhookAllow ? { webhooks: { allow: webhookAllow } } : {}),
    ...given({ durability, quotas, tokenSecret }),
  }
  if (databaseUrl === undefined) return createEngineHost({ ...common, file: join(dataDir ?? '.bighub', 'bighub.db') })
  if (dataDir !== undefined)
    throw new ConfigurationError('dataDir', 'says nothing beside databaseUrl; give one of them')
  return openPostgresHost({ ...common, databaseUrl })
}

/** Whether only this machine can reach an address. */
function isLoopback(hostname: string): boolean {
  return hostname === 'localhost' || hostname === '::1' || (isIP(hostname) === 4 && hostname.startsWith('127.'))
}

/** The entries that have a value: an option that is there and undefined is not the same as one that is not there. */
function given<T extends object>(entries: T): { [K in keyof T]?: Exclude<T[K], undefined> } {
  return Object.fromEntries(Object.entries(entries).filter(([, value]) => value !== undefined)) as {
    [K in keyof T]?: Exclude<T[K], undefined>
  }
}
