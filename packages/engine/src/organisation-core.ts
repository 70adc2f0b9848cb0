import type { Storage } from './storage/storage.ts'

/** What works only with tables beside an organisation's log needs: an engine's core has it, and so has a host. */
export interface OrganisationCore {
  readonly organisation: string
  readonly storage: OrganisationTables
  /** Milliseconds since the epoch. */
  readonly now: () => number
  readonly newId: (now: number) => string
}

/** An organisation's part of the tables beside the logs. */
export type OrganisationTables = Pick<Storage, 'organisation' | 'database' | 'batch'>
