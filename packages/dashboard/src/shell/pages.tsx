import type { ComponentType } from 'preact'
import { ConstraintsPage } from '../constraints/constraints-page.tsx'
import { DecisionsPage } from '../decisions/decisions-page.tsx'
import { InboxPage } from '../inbox/inbox-page.tsx'
import { KeysPage } from '../keys/keys-page.tsx'
import { KillSwitchPage } from '../kill-switch/kill-switch-page.tsx'
import { LearningPage } from '../learning/learning-page.tsx'
import { OutcomesPage } from '../outcomes/outcomes-page.tsx'
import { PolicyPage } from '../policy/policy-page.tsx'
import type { Location } from '../routing/location.ts'
import { SimulatorPage } from '../simulator/simulator-page.tsx'
import { TrajectoriesPage } from '../trajectories/trajectories-page.tsx'
import { WebhooksPage } from '../webhooks/webhooks-page.tsx'

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
  { path: 'decisions', title: 'Decisions', group: 1, Page: DecisionsPage },
  { path: 'trajectories', title: 'Trajectories', group: 1, Page: TrajectoriesPage },
  { path: 'outcomes', title: 'Outcomes', group: 1, Page: OutcomesPage },
  { path: 'learning', title: 'Learning', group: 2, Page: LearningPage },
  { path: 'constraints', title: 'Constraints', group: 2, Page: ConstraintsPage },
  { path: 'policy', title: 'Policy', group: 2, Page: PolicyPage },
  { path: 'simulator', title: 'Simulator', group: 2, Page: SimulatorPage },
  { path: 'webhooks', title: 'Webhooks', group: 3, Page: WebhooksPage },
  { path: 'keys', title: 'Keys', group: 3, Page: KeysPage },
  { path: 'kill-switch', title: 'Kill switch', group: 3, Page: KillSwitchPage },
]

/** The page of a path; the first one for a path that is none. */
export function pageOf(path: string): PageEntry {
  return PAGES.find((page) => page.path === path) ?? PAGES[0]
}
