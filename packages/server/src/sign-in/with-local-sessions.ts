import type { DecisionHost } from '@bighub/core/protocol'
import type { LocalSessions } from './local-sessions.ts'

/** The same host, which also knows the sessions that links of this process have opened. */
export function withLocalSessions(host: DecisionHost, sessions: LocalSessions): DecisionHost {
  return {
    open: host.open,
    idempotency: host.idempotency,
    api: (organisation) => host.api(organisation),
    authenticate: async (credential) =>
      (credential.kind === 'bearer' ? sessions.authenticate(credential.secret, credential.address) : null) ??
      host.authenticate(credential),
    subscribe: (organisation, options) => host.subscribe(organisation, options),
    assertReady: () => host.assertReady(),
    close: () => host.close(),
  }
}
