import * as z from 'zod'

/** Body of `POST /auth/signup` and `…/login`. */
export const credentialsSchema = z.looseObject({
  email: z.email().max(320),
  password: z.string().min(10).max(1000),
})
export type Credentials = z.input<typeof credentialsSchema>

/** A login takes whatever password once was accepted. */
export const loginRequestSchema = z.looseObject({
  email: z.string().max(320),
  password: z.string().max(1000),
})

/** Body of `POST /auth/refresh` and `…/logout`. */
export const refreshTokenRequestSchema = z.looseObject({ refresh_token: z.string().min(1).max(2000) })

export const authTokensSchema = z.looseObject({
  token_type: z.literal('bearer'),
  access_token: z.string(),
  refresh_token: z.string(),
  user_id: z.int(),
  role: z.string(),
  /** Seconds until the access token expires. */
  expires_in: z.int(),
})
export type AuthTokens = z.infer<typeof authTokensSchema>

export const loggedOutSchema = z.looseObject({ detail: z.string() })

/** Body of `POST /auth/link`: what the link of a server that was started on this machine carries. */
export const exchangeLinkRequestSchema = z.looseObject({ link_token: z.string().min(1).max(500) })

/** A session of whoever started the server; it ends with the server's process. */
export const linkSessionSchema = z.looseObject({
  token_type: z.literal('bearer'),
  access_token: z.string(),
  /** Seconds until it expires. */
  expires_in: z.int(),
  /** What records will say of who did something. */
  signed_in_as: z.string(),
})
export type LinkSession = z.infer<typeof linkSessionSchema>
