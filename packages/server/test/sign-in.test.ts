import type { LinkSession, Principal } from '@bighub/core/protocol'
import { describe, expect, it } from 'vitest'
import { LocalSessions } from '../src/sign-in/local-sessions.ts'
import { openServer, type TestServer } from './support/test-server.ts'

const ANA: Principal = { organisation: 'default', by: 'local:ana', scopes: ['admin'], rateLimitPerMinute: null }
const HERE = '127.0.0.1'

function open(served: TestServer, link_token: string, address = HERE) {
  return served.ask<LinkSession>('/auth/link', { body: { link_token }, key: null, address })
}

describe('a sign-in link', () => {
  it('is exchanged once for a session that may do everything, under the name of whoever started the server', async () => {
    const served = await openServer()
    const link = served.server.issueSignInLink(ANA)
    const { status, json } = await open(served, link)
    expect([status, json.signed_in_as]).toEqual([200, 'local:ana'])
    expect((await open(served, link)).status).toBe(401)

    const headers = { authorization: `Bearer ${json.access_token}` }
    const asked = { key: null, headers, address: HERE }
    await served.ask('/rules', { ...asked, body: { name: 'limit', require_approval_above: 1 } })
    const { json: held } = await served.ask<{ request_id: string }>('/actions/evaluate', {
      ...asked,
      body: { action: 'refund', value: 5 },
    })
    const path = `/approvals/${held.request_id}/resolve`
    const { json: answered } = await served.ask(path, { ...asked, body: { resolution: 'approved' } })
    expect(answered).toMatchObject({ status: 'approved', resolved_by: 'local:ana' })
  })

  it('is good from this machine alone, and so is its session', async () => {
    const served = await openServer()
    const link = served.server.issueSignInLink(ANA)
    expect((await open(served, link, '192.168.1.7')).status).toBe(401)
    const { json } = await open(served, link, '::ffff:127.0.0.1')
    const ask = (address: string) =>
      served.ask('/actions/status', { key: null, headers: { authorization: `Bearer ${json.access_token}` }, address })
    expect((await ask('::1')).status).toBe(200)
    expect((await ask('192.168.1.7')).status).toBe(403)
  })

  it('is refused when it is none, without a word on why', async () => {
    const served = await openServer()
    served.server.issueSignInLink(ANA)
    const { status, text } = await open(served, 'a'.repeat(43))
    expect(status).toBe(401)
    expect(text).toContain('was used, is too old, or is for another machine')
    expect((await served.ask('/auth/link', { body: {}, key: null, address: HERE })).status).toBe(422)
  })

  it('is counted against the limit of requests without a key, so that guessing ends', async () => {
    const served = await openServer({ rateLimit: 2 })
    for (const wanted of [401, 401, 429]) expect((await open(served, 'guess')).status).toBe(wanted)
  })
})

describe('sessions of this machine', () => {
  it('last five minutes as a link and twelve hours as a session', () => {
    let now = 0
    const sessions = new LocalSessions(() => now)
    const late = sessions.issueLink(ANA)
    now = 5 * 60_000
    expect(sessions.exchange(late, HERE)).toBeNull()
    const session = sessions.exchange(sessions.issueLink(ANA), HERE)
    const token = session?.access_token ?? ''
    expect(session?.expires_in).toBe(43_200)
    now += 43_200_000 - 1
    expect(sessions.authenticate(token, HERE)).toEqual({ principal: ANA })
    now += 1
    expect(sessions.authenticate(token, HERE)).toEqual({ fault: 'unknown' })
  })

  it('leave tokens of users to whoever judges those', () => {
    expect(new LocalSessions().authenticate('eyJhbGciOi.J9', HERE)).toBeNull()
  })
})
