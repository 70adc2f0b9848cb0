import * as z from 'zod'

/** Most entries of one page. */
export const MAX_PAGE = 1000

/** Query field `limit`: entries wanted, 1 to {@link MAX_PAGE}. */
export const limitSchema = z.int().min(1).max(MAX_PAGE)
/** Query field `offset`: entries to pass over. */
export const offsetSchema = z.int().min(0).max(1_000_000_000)
/** An ISO 8601 time. */
export const timeSchema = z
  .string()
  .max(64)
  .refine((text) => !Number.isNaN(Date.parse(text)), 'expected an ISO 8601 time, such as 2026-02-27T00:00:00Z')
/** A name in a filter: a domain, a tool, an actor. */
export const nameSchema = z.string().max(500)
