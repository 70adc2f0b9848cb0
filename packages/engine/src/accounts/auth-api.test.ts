import { type DecisionApi, InvalidInputError } from '@bighub/core/protocol'
import { decodeJwt, decodeProtectedHeader, SignJWT, UnsecuredJWT } from 'jose'
import { describe, expect, it } from 'vitest'
import { openCore, type TestCore } from '../../test/support/organisation-core.ts'
import { AccessTokens } from './access-tokens.ts'
import { createAuthApi } from './auth-api.ts'

const ANN = { email: 'Ann@Example.com', password: 'correct horse' }
const DAY_MS = 86_400_000

function openAuth(core = openCore()): { core: TestCore; auth: DecisionApi['auth']; tokens: AccessTokens } {
  const tokens = new AccessTokens(core)
  return { core, tokens, auth: createAuthApi(core, { tokens }) }
}

describe('signing up and in', () => {
  it('makes an organisation for each user, in which they are admin', async () => {
    const { auth, tokens } = openAuth()
    const ann = await auth.signup(ANN)
    const bob = await auth.signup({ email: 'bob@example.com', password: 'battery staple' })
    expect(ann).toMatchObject({ token_type: 'bearer', role: 'admin', expires_in: 900 })
    expect(bob.user_id).not.toBe(ann.user_id)
    const [annHolder, bobHolder] = await Promise.all([ann, bob].map(({ access_token }) => tokens.verify(access_token)))
    expect(annHolder).toEqual({
      userId: ann.user_id,
      email: 'ann@example.com',
      organisation: expect.stringMatching(/^org_\w+$/),
    })
    expect(bobHolder).not.toMatchObject({ organisation: (annHolder as { organisation: string }).organisation })
  })

  it('takes a mail address once, in whatever case', async () => {
    const { auth, core } = openAuth()
    await auth.signup(ANN)
    const again = { email: 'ann@example.COM', password: 'another one!' }
    await expect(auth.signup(again)).rejects.toThrow(InvalidInputError)
    await expect(auth.login({ ...ANN, email: 'ann@example.com' })).resolves.toMatchObject({ role: 'admin' })
    const both = ['carol@example.com', 'Carol@example.com'].map((email) =>
      createAuthApi(core).signup({ email, password: 'at the same time' }),
    )
    const settled = await Promise.allSettled(both)
    expect(settled.map(({ status }) => status).toSorted()).toEqual(['fulfilled', 'rejected'])
  })

  it('says the same of a wrong password and an unknown mail address, after the same work', async () => {
    const { auth } = openAuth()
    await auth.signup(ANN)
    const refusals = []
    for (const credentials of [
      { ...ANN, password: 'wrong horse!' },
      { ...ANN, email: 'nobody@example.com' },
    ]) {
      const before = process.cpuUsage()
      const error: unknown = await auth.login(credentials).catch((thrown: unknown) => thrown)
      const { user, system } = process.cpuUsage(before)
      // A hash takes hundreds of milliseconds of work; a look-up alone less than one.
      expect(user + system).toBeGreaterThan(50_000)
      refusals.push({ ...(error as object), message: (error as Error).message })
    }
    expect(refusals[0]).toMatchObject({ code: 'unauthenticated' })
    expect(refusals[0]).toEqual(refusals[1])
  })

  it('can be closed to newcomers', async () => {
    const auth = createAuthApi(openCore(), { isSignupOpen: false })
    await expect(auth.signup(ANN)).rejects.toMatchObject({ code: 'forbidden' })
  })
})

describe('a session', () => {
  it('gives new tokens for each refresh token once', async () => {
    const { auth, core } = openAuth()
    const first = await auth.signup(ANN)
    core.clock.advance(60_000)
    const second = await auth.refresh({ refresh_token: first.refresh_token })
    expect(second.user_id).toBe(first.user_id)
    expect(second.access_token).not.toBe(first.access_token)
    const third = await auth.refresh({ refresh_token: second.refresh_token })
    expect(new Set([first, second, third].map(({ refresh_token }) => refresh_token)).size).toBe(3)
    const stored = await core.storage.database.selectFrom('refresh_tokens').select('digest').execute()
    expect(stored.map(({ digest }) => digest)).not.toContain(third.refresh_token)
  })

  it('ends, with all its tokens, when a used refresh token comes again', async () => {
    const { auth } = openAuth()
    const first = await auth.signup(ANN)
    const other = await auth.login(ANN)
    const second = await auth.refresh({ refresh_token: first.refresh_token })
    const over = { code: 'unauthenticated' }
    await expect(auth.refresh({ refresh_token: first.refresh_token })).rejects.toMatchObject(over)
    await expect(auth.refresh({ refresh_token: second.refresh_token })).rejects.toMatchObject(over)
    await expect(auth.refresh({ refresh_token: other.refresh_token })).resolves.toBeDefined()
  })

  it('leaves no token alive when the same refresh token comes twice at the same time', async () => {
    const { auth, core } = openAuth()
    const { refresh_token } = await auth.signup(ANN)
    const both = await Promise.allSettled([auth.refresh({ refresh_token }), auth.refresh({ refresh_token })])
    expect(both.filter(({ status }) => status === 'fulfilled').length).toBeLessThanOrEqual(1)
    await expect(core.storage.database.selectFrom('refresh_tokens').selectAll().execute()).resolves.toEqual([])
  })

  it('ends at logout, and after thirty days without a refresh', async () => {
    const { auth, core } = openAuth()
    const one = await auth.signup(ANN)
    await expect(auth.logout(one)).resolves.toEqual({ detail: 'Logged out' })
    await expect(auth.logout(one)).resolves.toEqual({ detail: 'Logged out' })
    await expect(auth.refresh(one)).rejects.toMatchObject({ code: 'unauthenticated' })
    const other = await auth.login(ANN)
    core.clock.advance(30 * DAY_MS)
    await expect(auth.refresh(other)).rejects.toMatchObject({ code: 'unauthenticated' })
  })
})

describe('an access token', () => {
  it('is a JWT signed with HS256 that ends after a quarter of an hour', async () => {
    const { auth, core, tokens } = openAuth()
    const { access_token } = await auth.signup(ANN)
    expect(decodeProtectedHeader(access_token)).toEqual({ alg: 'HS256', typ: 'JWT' })
    const { iat = 0, exp } = decodeJwt(access_token)
    expect(exp).toBe(iat + 900)
    core.clock.advance(899_000)
    await expect(tokens.verify(access_token)).resolves.toMatchObject({ email: 'ann@example.com' })
    core.clock.advance(1000)
    await expect(tokens.verify(access_token)).resolves.toBe('expired')
  })

  it('is known to every process on the store, and to none on another', async () => {
    const { auth, core } = openAuth()
    const { access_token } = await auth.signup(ANN)
    const neighbour = new AccessTokens(openCore({ file: core.file, clock: core.clock }))
    await expect(neighbour.verify(access_token)).resolves.toMatchObject({ email: 'ann@example.com' })
    await expect(new AccessTokens(openCore({ clock: core.clock })).verify(access_token)).resolves.toBe('unknown')
  })

  it('is refused unsigned, signed by another, without an end, or as no token at all', async () => {
    const { core, tokens } = openAuth()
    const claims = { email: 'ann@example.com', organisation: 'default' }
    const secret = new TextEncoder().encode('a key that somebody else made up')
    const now = core.now() / 1000
    const foreign = new SignJWT(claims).setProtectedHeader({ alg: 'HS256' }).setIssuer('bighub').setSubject('1')
    const unsigned = new UnsecuredJWT(claims)
      .setIssuer('bighub')
      .setSubject('1')
      .setExpirationTime(now + 60)
      .encode()
    const ownSecret = 'the key of this very server here'
    const own = new AccessTokens(core, ownSecret)
    const endless = await new SignJWT(claims)
      .setProtectedHeader({ alg: 'HS256' })
      .setIssuer('bighub')
      .setSubject('1')
      .sign(new TextEncoder().encode(ownSecret))
    await expect(tokens.verify(await foreign.setExpirationTime(now + 60).sign(secret))).resolves.toBe('unknown')
    await expect(tokens.verify(unsigned)).resolves.toBe('unknown')
    await expect(own.verify(endless)).resolves.toBe('unknown')
    await expect(tokens.verify('')).resolves.toBe('unknown')
  })

  it('can be signed with a secret from outside, which must be long', async () => {
    const core = openCore()
    expect(() => new AccessTokens(core, 'short')).toThrow(/tokenSecret: needs at least 32/)
    const tokens = new AccessTokens(core, 'a secret that stays out of the store')
    const holder = { userId: 1, email: 'a@b.c', organisation: 'default' }
    await expect(tokens.verify(await tokens.sign(holder))).resolves.toEqual(holder)
    await expect(core.storage.database.selectFrom('settings').selectAll().execute()).resolves.toEqual([])
  })
})
