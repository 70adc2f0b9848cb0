export type OutcomeCategory = 'positive' | 'neutral' | 'negative'

export interface OutcomeStatusDefinition {
  readonly status: OutcomeStatus
  readonly category: OutcomeCategory
  /** Default severity in [0, 1]. */
  readonly severity: number
  readonly description: string
  readonly aliases: readonly string[]
}

export type OutcomeStatus =
  | 'SUCCESS'
  | 'PARTIAL_SUCCESS'
  | 'NO_EFFECT'
  | 'BLOCKED'
  | 'OVERRIDDEN'
  | 'CORRECTED'
  | 'ESCALATED'
  | 'REOPENED'
  | 'ROLLBACK'
  | 'FAILURE'
  | 'CHURN'
  | 'INCIDENT'
  | 'FRAUD'

/** Version of the table below; grows when a status is added or its category changes. */
export const TAXONOMY_VERSION = 1

/** Every status an outcome may have, with category and severity (protocol §5.3). */
export const OUTCOME_TAXONOMY: readonly OutcomeStatusDefinition[] = [
  define('SUCCESS', 'positive', 0, 'it worked as intended'),
  define('PARTIAL_SUCCESS', 'positive', 0.2, 'it partly worked'),
  define('NO_EFFECT', 'neutral', 0.1, 'it ran and changed nothing'),
  define('BLOCKED', 'neutral', 0, 'the runtime did not run the action'),
  define('OVERRIDDEN', 'neutral', 0.2, 'a person decided otherwise'),
  define('CORRECTED', 'negative', 0.3, 'it needed a correction afterwards'),
  define('ESCALATED', 'negative', 0.4, 'it had to be escalated'),
  define('REOPENED', 'negative', 0.4, 'the matter came back'),
  define('ROLLBACK', 'negative', 0.5, 'it had to be undone'),
  define('FAILURE', 'negative', 0.6, 'it did not work; a tool error', ['TOOL_ERROR']),
  define('CHURN', 'negative', 0.7, 'a customer or a conversion was lost'),
  define('INCIDENT', 'negative', 0.9, 'it caused an incident'),
  define('FRAUD', 'negative', 1, 'it turned out to be fraudulent'),
]

const BY_NAME: ReadonlyMap<string, OutcomeStatusDefinition> = new Map(
  OUTCOME_TAXONOMY.flatMap((definition) =>
    [definition.status, ...definition.aliases].map((name) => [name, definition] as const),
  ),
)

/** The definition for a status as a client wrote it: trimmed, any case, aliases resolved; undefined if unknown. */
export function findOutcomeStatus(status: string): OutcomeStatusDefinition | undefined {
  return BY_NAME.get(status.trim().toUpperCase())
}

function define(
  status: OutcomeStatus,
  category: OutcomeCategory,
  severity: number,
  description: string,
  aliases: readonly string[] = [],
): OutcomeStatusDefinition {
  return { status, category, severity, description, aliases }
}
