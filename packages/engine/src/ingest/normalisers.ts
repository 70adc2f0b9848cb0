import { findOutcomeStatus, type IngestEventType, InvalidInputError, type OutcomeStatus } from '@bighub/core/protocol'

/** Whose form of event is read. */
export interface IngestAdapter {
  readonly name: string
  readonly description: string
}

/** The words of a business area for what became of an action, lower case with `_` between. */
export interface DomainNormaliser {
  readonly domain: string
  readonly description: string
  readonly statuses: Readonly<Record<string, OutcomeStatus>>
}

/** Adapter of events that do not name theirs. */
export const DEFAULT_ADAPTER = 'generic_webhook'

export const INGEST_ADAPTERS: readonly IngestAdapter[] = [
  { name: DEFAULT_ADAPTER, description: 'Events in the form of the protocol, from any system that can send JSON.' },
  { name: 'guard', description: 'What a guard saw of its calls, reported as events.' },
]

/** Words that mean the same everywhere; a domain's own words go before them. */
const ANYWHERE: DomainNormaliser = {
  domain: '*',
  description: 'Words that mean the same in every domain.',
  statuses: {
    ok: 'SUCCESS',
    succeeded: 'SUCCESS',
    successful: 'SUCCESS',
    completed: 'SUCCESS',
    done: 'SUCCESS',
    failed: 'FAILURE',
    error: 'FAILURE',
    timeout: 'FAILURE',
    timed_out: 'FAILURE',
    partial: 'PARTIAL_SUCCESS',
    unchanged: 'NO_EFFECT',
    skipped: 'NO_EFFECT',
    rolled_back: 'ROLLBACK',
    reverted: 'ROLLBACK',
    undone: 'ROLLBACK',
    rejected: 'BLOCKED',
    denied: 'BLOCKED',
    refused: 'BLOCKED',
  },
}

const PAYMENT_WORDS: DomainNormaliser['statuses'] = {
  paid: 'SUCCESS',
  captured: 'SUCCESS',
  settled: 'SUCCESS',
  declined: 'FAILURE',
  disputed: 'ESCALATED',
  chargeback: 'FRAUD',
  charged_back: 'FRAUD',
  fraudulent: 'FRAUD',
  reversed: 'ROLLBACK',
  voided: 'ROLLBACK',
}

const OPERATION_WORDS: DomainNormaliser['statuses'] = {
  deployed: 'SUCCESS',
  healthy: 'SUCCESS',
  degraded: 'INCIDENT',
  outage: 'INCIDENT',
  down: 'INCIDENT',
  paged: 'ESCALATED',
}

export const DOMAIN_NORMALISERS: readonly DomainNormaliser[] = [
  ANYWHERE,
  { domain: 'payments', description: 'Payments and their disputes.', statuses: PAYMENT_WORDS },
  { domain: 'financial_actions', description: 'Payments and their disputes.', statuses: PAYMENT_WORDS },
  { domain: 'operational_systems', description: 'Running systems.', statuses: OPERATION_WORDS },
  { domain: 'infrastructure_devops', description: 'Deployments and running systems.', statuses: OPERATION_WORDS },
  {
    domain: 'customer_transactions',
    description: 'Customers, their tickets and their orders.',
    statuses: {
      ...PAYMENT_WORDS,
      resolved: 'SUCCESS',
      delivered: 'SUCCESS',
      returned: 'ROLLBACK',
      reopened: 'REOPENED',
      escalated: 'ESCALATED',
      churned: 'CHURN',
      cancelled: 'CHURN',
    },
  },
  {
    domain: 'data_modifications',
    description: 'Changes of records.',
    statuses: { written: 'SUCCESS', restored: 'ROLLBACK', corrupted: 'INCIDENT', amended: 'CORRECTED' },
  },
  {
    domain: 'pricing',
    description: 'Prices and their corrections.',
    statuses: { published: 'SUCCESS', repriced: 'CORRECTED', withdrawn: 'ROLLBACK' },
  },
]

/** What an event's type alone says of the outcome (protocol §7.10). */
const STATUS_OF_TYPE: Readonly<Partial<Record<IngestEventType, OutcomeStatus>>> = {
  ROLLBACK_PERFORMED: 'ROLLBACK',
  CORRECTION_APPLIED: 'CORRECTED',
  PRICING_CORRECTION: 'CORRECTED',
  ESCALATION_TRIGGERED: 'ESCALATED',
  FRAUD_DETECTED: 'FRAUD',
  CHURN_SIGNAL: 'CHURN',
  TICKET_REOPENED: 'REOPENED',
  REFUND_COMPLETED: 'SUCCESS',
  ACTION_BLOCKED: 'BLOCKED',
  HUMAN_REJECTION: 'BLOCKED',
  HUMAN_OVERRIDE: 'OVERRIDDEN',
}

/** The outcome of an event that does not name one; null where its type says nothing. */
export function statusOfType(type: IngestEventType): OutcomeStatus | null {
  return STATUS_OF_TYPE[type] ?? null
}

/**
 * A status in our words: one of the taxonomy, or a word of the event's domain, or one that means the same everywhere.
 *
 * @throws InvalidInputError naming `outcome.status`.
 */
export function normaliseStatus(text: string, domain: string | null): OutcomeStatus {
  const known = findOutcomeStatus(text)
  if (known) return known.status
  const word = text
    .trim()
    .toLowerCase()
    .replaceAll(/[\s-]+/g, '_')
  for (const normaliser of [DOMAIN_NORMALISERS.find((each) => each.domain === domain), ANYWHERE])
    if (normaliser && Object.hasOwn(normaliser.statuses, word)) {
      const status = normaliser.statuses[word]
      if (status) return status
    }
  throw new InvalidInputError(
    'outcome.status',
    `${JSON.stringify(text.slice(0, 60))} is neither an outcome status nor a word of a normalizer that GET /ingest/adapters lists`,
  )
}

/** @throws InvalidInputError naming `adapter`. */
export function parseAdapter(name: string | null | undefined): string {
  if (!name) return DEFAULT_ADAPTER
  if (INGEST_ADAPTERS.some((adapter) => adapter.name === name)) return name
  const names = INGEST_ADAPTERS.map((adapter) => adapter.name).join(', ')
  throw new InvalidInputError('adapter', `${JSON.stringify(name.slice(0, 60))} is not an adapter; use one of ${names}`)
}
