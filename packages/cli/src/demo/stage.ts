import { createGuard, type Guard } from '@bighub/core'
import type { Engine } from '@bighub/engine'
import type { Person } from './person.ts'
import { type Counts, show } from './screen.ts'
import type { Shop } from './shop.ts'

/** What every act of the demo plays on. */
export interface Stage {
  readonly engine: Engine
  readonly shop: Shop
  readonly person: Person
  readonly counts: Counts
  readonly say: (text: string) => void
}

/** A guard as a user would make it, with the demo listening in. */
export function guardFor(stage: Stage, actor: string, domain: string): Guard {
  const guard = createGuard({
    evaluator: stage.engine,
    actor,
    domain,
    approvals: { onRequest: (request) => stage.person.answer(request) },
  })
  show(guard, stage.counts, stage.say)
  return guard
}
