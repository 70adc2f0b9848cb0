import type { Constraint } from '@bighub/core/protocol'
import type { ActionFacts, RunFacts } from '../../src/features/action-facts.ts'
import { NO_WORDS } from '../../src/trajectory/run-words.ts'

/** A stored, active rule with nothing in it but what is given. */
export function rule(fields: Partial<Constraint> = {}): Constraint {
  return {
    rule_id: 'rule_1',
    name: 'a rule',
    status: 'active',
    version: 1,
    created_at: '2026-01-01T00:00:00.000Z',
    updated_at: '2026-01-01T00:00:00.000Z',
    usage_today: 0,
    usage_total: 0,
    blocked_today: 0,
    blocked_total: 0,
    remaining_today: null,
    last_used_at: null,
    ...fields,
  }
}

const ALONE: RunFacts = {
  id: null,
  step: 0,
  previousActions: [],
  errors: 0,
  repeats: 0,
  refusals: 0,
  instructionHits: 0,
  taint: 0,
  words: NO_WORDS,
  texts: null,
}

/** A refund of 20 by the support agent that stands alone, with what is given changed. */
export function facts(fields: Partial<Omit<ActionFacts, 'run'>> & { run?: Partial<RunFacts> } = {}): ActionFacts {
  const { run, ...rest } = fields
  return {
    action: 'refund',
    tool: 'refund',
    actor: 'support-agent',
    domain: 'payments',
    target: 'order-1',
    value: 20,
    mutating: true,
    reversibility: null,
    annotations: null,
    provenance: {},
    arguments: {},
    context: {},
    ...rest,
    run: { ...ALONE, ...run },
  }
}
