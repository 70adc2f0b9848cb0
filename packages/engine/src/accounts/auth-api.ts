import { AccessError, type AuthTokens, type DecisionApi, InvalidInputError } from '@bighub/core/protocol'
import type { OrganisationCore } from '../organisation-core.ts'
import { createResource } from '../resource.ts'
import type { UserRow } from '../storage/tables.ts'
import { ACCESS_TOKEN_SECONDS, AccessTokens } from './access-tokens.ts'
import { organisationNumber, withOrganisations } from './organisations.ts'
import { hashPassword, verifyPassword } from './password.ts'
import { newSecret, secretDigest } from './secret.ts'

/** A login that is not refreshed for this long ends, in milliseconds: 30 days. */
const REFRESH_TOKEN_MS = 30 * 86_400_000

export interface AuthOptions {
  /** @defaultValue tokens signed with the store's own key */
  readonly tokens?: AccessTokens
  /** Whether anybody may make a user with an organisation of their own. @defaultValue true */
  readonly isSignupOpen?: boolean
}

/**
 * Users of the whole store. Each signs up into an organisation of their own, in which they may do everything.
 *
 * A login makes a family of refresh tokens, each good for one use. One that comes a second time was stolen, or its thief came
 * first: the family ends, and both have to log in.
 *
 * The methods throw InvalidInputError, or AccessError (`unauthenticated`) that does not say which part was wrong.
 */
export function createAuthApi(core: OrganisationCore, options: AuthOptions = {}): DecisionApi['auth'] {
  const { tokens = new AccessTokens(core), isSignupOpen = true } = options
  return createResource('auth', {
    signup: async ({ email, password }) => {
      if (!isSignupOpen) throw new AccessError('forbidden', 'nobody can sign up on this server; ask its operator')
      return startSession(core, tokens, await createUser(core, email.toLowerCase(), password))
    },
    login: async ({ email, password }) => {
      const user = await findUser(core, email.toLowerCase())
      const isRight = await verifyPassword(password, user?.password ?? null)
      if (!user || !isRight) throw new AccessError('unauthenticated', 'no user has this mail address and password')
      return startSession(core, tokens, user)
    },
    refresh: ({ refresh_token }) => refreshSession(core, tokens, refresh_token),
    logout: async ({ refresh_token }) => {
      const token = await findToken(core, secretDigest(refresh_token))
      if (token) await endFamily(core, token.family)
      // Whether there was such a session is nobody's business.
      return { detail: 'Logged out' }
    },
  })
}

type User = UserRowFound & { readonly organisation_name: string }
type UserRowFound = Omit<UserRow, 'user_id'> & { readonly user_id: number }

async function createUser(core: OrganisationCore, email: string, password: string): Promise<User> {
  const { database } = core.storage
  const hash = await hashPassword(password)
  if (await findUser(core, email)) throw alreadySignedUp()
  const now = core.now()
  const organisation_name = `org_${core.newId(now)}`
  const user = {
    organisation: await organisationNumber(database, organisation_name),
    email,
    password: hash,
    role: 'admin',
    created_at: now,
  }
  const row = await database
    .insertInto('users')
    .values(user)
    .onConflict((conflict) => conflict.column('email').doNothing())
    .returning('user_id')
    .executeTakeFirst()
  if (!row) throw alreadySignedUp()
  return { ...user, user_id: row.user_id, organisation_name }
}

function alreadySignedUp(): InvalidInputError {
  return new InvalidInputError('email', 'has signed up already; log in instead')
}

function findUser(core: OrganisationCore, email: string): Promise<User | undefined> {
  return selectUser(core).where('users.email', '=', email).executeTakeFirst()
}

function selectUser({ storage }: OrganisationCore) {
  return withOrganisations(storage.database)
    .selectFrom('users')
    .innerJoin('organisations', 'organisations.id', 'users.organisation')
    .selectAll('users')
    .select('organisations.name as organisation_name')
}

async function startSession(core: OrganisationCore, tokens: AccessTokens, user: User): Promise<AuthTokens> {
  const { database } = core.storage
  const now = core.now()
  await database
    .deleteFrom('refresh_tokens')
    .where('user_id', '=', user.user_id)
    .where('expires_at', '<=', now)
    .execute()
  const { token, row } = makeToken(core, user.user_id, `fam_${core.newId(now)}`)
  await database.insertInto('refresh_tokens').values(row).execute()
  return authTokens(tokens, user, token)
}

async function refreshSession(core: OrganisationCore, tokens: AccessTokens, refreshToken: string): Promise<AuthTokens> {
  const { database } = core.storage
  const used = await findToken(core, secretDigest(refreshToken))
  if (!used || used.expires_at <= core.now()) throw sessionOver()
  const { token, row } = makeToken(core, used.user_id, used.family)
  // One transaction: else a thief's second use could end the family between the two, and the new token would outlive it.
  const isFirstUse = await core.storage.batch([
    database
      .updateTable('refresh_tokens')
      .set({ used_at: core.now() })
      .where('digest', '=', used.digest)
      .where('used_at', 'is', null)
      .compile(),
    database.insertInto('refresh_tokens').values(row).compile(),
  ])
  if (!isFirstUse) {
    await endFamily(core, used.family)
    throw sessionOver()
  }
  const user = await selectUser(core).where('users.user_id', '=', used.user_id).executeTakeFirst()
  if (!user) throw sessionOver()
  return authTokens(tokens, user, token)
}

function sessionOver(): AccessError {
  return new AccessError('unauthenticated', 'the session is over; log in again')
}

function makeToken(core: OrganisationCore, userId: number, family: string) {
  const token = newSecret('bhr_')
  const now = core.now()
  const row = { digest: secretDigest(token), user_id: userId, family, created_at: now, used_at: null }
  return { token, row: { ...row, expires_at: now + REFRESH_TOKEN_MS } }
}

async function authTokens(tokens: AccessTokens, user: User, refreshToken: string): Promise<AuthTokens> {
  const { user_id, email, role, organisation_name } = user
  return {
    token_type: 'bearer',
    access_token: await tokens.sign({ userId: user_id, email, organisation: organisation_name }),
    refresh_token: refreshToken,
    user_id,
    role,
    expires_in: ACCESS_TOKEN_SECONDS,
  }
}

function findToken({ storage }: OrganisationCore, digest: string) {
  return storage.database.selectFrom('refresh_tokens').selectAll().where('digest', '=', digest).executeTakeFirst()
}

async function endFamily({ storage }: OrganisationCore, family: string): Promise<void> {
  await storage.database.deleteFrom('refresh_tokens').where('family', '=', family).execute()
}
