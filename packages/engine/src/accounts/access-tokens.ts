import { randomBytes } from 'node:crypto'
import { ConfigurationError, type CredentialFault } from '@bighub/core/protocol'
import { errors, jwtVerify, SignJWT } from 'jose'
import type { OrganisationCore } from '../organisation-core.ts'

/** Seconds that an access token is good for. It is not looked up, so this is also how long it survives a logout. */
export const ACCESS_TOKEN_SECONDS = 900

const KEY_BYTES = 32
const ISSUER = 'bighub'
const SETTING = 'access_token_key'

/** Who an access token is for. */
export interface TokenHolder {
  readonly userId: number
  readonly email: string
  readonly organisation: string
}

/** @throws ConfigurationError if a secret is too short to sign with. */
export function assertTokenSecret(secret: string): void {
  if (Buffer.byteLength(secret) < KEY_BYTES)
    throw new ConfigurationError('tokenSecret', `needs at least ${KEY_BYTES} characters, best random ones`)
}

/** Access tokens of users: JWT (RFC 7519) signed with HS256. */
export class AccessTokens {
  readonly #core: OrganisationCore
  readonly #given: Uint8Array | null
  #key: Promise<Uint8Array> | undefined

  /**
   * @param secret - What signs tokens, at least 32 characters. Without it a key is made once and kept in the store's `settings`:
   * whoever can read the store can sign tokens.
   * @throws ConfigurationError if the secret is too short.
   */
  constructor(core: OrganisationCore, secret?: string) {
    if (secret !== undefined) assertTokenSecret(secret)
    this.#core = core
    this.#given = secret === undefined ? null : new TextEncoder().encode(secret)
  }

  async sign({ userId, email, organisation }: TokenHolder): Promise<string> {
    const now = Math.floor(this.#core.now() / 1000)
    return new SignJWT({ email, organisation })
      .setProtectedHeader({ alg: 'HS256', typ: 'JWT' })
      .setIssuer(ISSUER)
      .setSubject(String(userId))
      .setIssuedAt(now)
      .setExpirationTime(now + ACCESS_TOKEN_SECONDS)
      .sign(await this.#getKey())
  }

  async verify(token: string): Promise<TokenHolder | Extract<CredentialFault, 'unknown' | 'expired'>> {
    try {
      const { payload } = await jwtVerify<{ email: string; organisation: string }>(token, await this.#getKey(), {
        algorithms: ['HS256'],
        issuer: ISSUER,
        requiredClaims: ['sub', 'exp', 'email', 'organisation'],
        currentDate: new Date(this.#core.now()),
      })
      const { sub, email, organisation } = payload
      return { userId: Number(sub), email, organisation }
    } catch (error) {
      if (error instanceof errors.JWTExpired) return 'expired'
      if (error instanceof errors.JOSEError) return 'unknown'
      throw error
    }
  }

  #getKey(): Promise<Uint8Array> {
    this.#key ??= this.#findKey().catch((error: unknown) => {
      this.#key = undefined
      throw error
    })
    return this.#key
  }

  async #findKey(): Promise<Uint8Array> {
    if (this.#given) return this.#given
    const { database } = this.#core.storage
    // Whichever process comes first makes the key for all.
    await database
      .insertInto('settings')
      .values({ name: SETTING, value: randomBytes(KEY_BYTES).toString('base64url') })
      .onConflict((conflict) => conflict.column('name').doNothing())
      .execute()
    const { value } = await database
      .selectFrom('settings')
      .select('value')
      .where('name', '=', SETTING)
      .executeTakeFirstOrThrow()
    return Buffer.from(value, 'base64url')
  }
}
