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
