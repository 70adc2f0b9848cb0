import type { ComponentType } from 'preact'
import { InboxPage } from '../inbox/inbox-page.tsx'
import type { Location } from '../routing/location.ts'

export interface PageEntry {
  readonly path: string
  readonly title: string
  /** Entries of one group stand together. */
  readonly group: number
  readonly Page: ComponentType<{ readonly location: Location }>
}

/** Every page, in the order of the navigation. */
export const PAGES: readonly [PageEntry, ...PageEntry[]] = [
  { path: 'inbox', title: 'Inbox', group: 1, Page: InboxPage },
]

/** The page of a path; the first one for a path that is none. */
export function pageOf(path: string): PageEntry {
  return PAGES.find((page) => page.path === path) ?? PAGES[0]
}
