/** Words for the types of columns in a store's own SQL. */
export interface ColumnTypes {
  /** 53 bits. */
  readonly int: string
  readonly real: string
  /** A number that the store gives out. */
  readonly serial: string
  /** What stands behind the closing parenthesis of a table. */
  readonly end: string
}

/**
 * The tables of `tables.ts`, one step a released version, for any store. Append-only: a step that was released is never changed.
 */
export const TABLE_MIGRATIONS: readonly ((types: ColumnTypes) => string)[] = [
  ({ int, real, serial, end }) => `
  CREATE TABLE projection_cursors (
    organisation ${int} PRIMARY KEY,
    seq ${int} NOT NULL
  )${end};

  CREATE TABLE decisions (
    organisation ${int} NOT NULL,
    request_id TEXT NOT NULL,
    case_id TEXT NOT NULL,
    seq ${int} NOT NULL,
    source TEXT NOT NULL,
    at ${int} NOT NULL,
    action TEXT NOT NULL,
    tool TEXT,
    actor TEXT,
    target TEXT,
    domain TEXT,
    value ${real},
    trajectory_id TEXT,
    recommendation TEXT NOT NULL,
    recommendation_confidence TEXT,
    result TEXT NOT NULL,
    verdict TEXT NOT NULL,
    blocked_by TEXT,
    shadow ${int} NOT NULL,
    risk ${real} NOT NULL,
    policy_version ${int} NOT NULL,
    simulation TEXT,
    approval_status TEXT,
    effect_state TEXT,
    outcome_status TEXT,
    outcome_category TEXT,
    outcome_severity ${real},
    outcome_at ${int},
    followed ${int},
    outcome TEXT,
    details TEXT,
    likeness TEXT NOT NULL,
    PRIMARY KEY (organisation, request_id)
  )${end};
  CREATE UNIQUE INDEX decisions_by_seq ON decisions (organisation, seq);
  CREATE INDEX decisions_by_case ON decisions (organisation, case_id);
  CREATE INDEX decisions_by_time ON decisions (organisation, at);
  CREATE INDEX decisions_by_domain ON decisions (organisation, domain, seq);
  CREATE INDEX decisions_by_action ON decisions (organisation, action, seq);
  CREATE INDEX decisions_by_tool ON decisions (organisation, tool, seq);
  CREATE INDEX decisions_by_target ON decisions (organisation, target, seq);
  CREATE INDEX decisions_by_trajectory ON decisions (organisation, trajectory_id, seq);
  CREATE INDEX decisions_by_outcome ON decisions (organisation, outcome_at);

  CREATE TABLE observations (
    organisation ${int} NOT NULL,
    case_id TEXT NOT NULL,
    seq ${int} NOT NULL,
    at ${int} NOT NULL,
    risk ${real} NOT NULL,
    label ${int},
    domain TEXT,
    tool TEXT,
    action TEXT,
    actor TEXT,
    PRIMARY KEY (organisation, case_id)
  )${end};
  CREATE UNIQUE INDEX observations_by_seq ON observations (organisation, seq);

  CREATE TABLE events (
    organisation ${int} NOT NULL,
    place ${int} NOT NULL,
    event_type TEXT NOT NULL,
    severity TEXT NOT NULL,
    rule_id TEXT,
    request_id TEXT,
    at ${int} NOT NULL,
    body TEXT NOT NULL,
    PRIMARY KEY (organisation, place)
  )${end};
  CREATE INDEX events_by_type ON events (organisation, event_type, place);

  CREATE TABLE memory_events (
    organisation ${int} NOT NULL,
    seq ${int} NOT NULL,
    event_id TEXT NOT NULL,
    at ${int} NOT NULL,
    source TEXT NOT NULL,
    tool TEXT,
    domain TEXT,
    actor TEXT,
    status TEXT,
    blocked_by TEXT,
    risk ${real},
    body TEXT NOT NULL,
    PRIMARY KEY (organisation, seq)
  )${end};
  CREATE INDEX memory_events_by_time ON memory_events (organisation, at);

  CREATE TABLE lifecycles (
    organisation ${int} NOT NULL,
    lifecycle_id TEXT NOT NULL,
    status TEXT NOT NULL,
    request_id TEXT,
    domain TEXT,
    adapter TEXT,
    created_at ${int} NOT NULL,
    updated_at ${int} NOT NULL,
    seq ${int} NOT NULL,
    body TEXT NOT NULL,
    PRIMARY KEY (organisation, lifecycle_id)
  )${end};
  CREATE INDEX lifecycles_by_status ON lifecycles (organisation, status, updated_at);
  CREATE INDEX lifecycles_by_request ON lifecycles (organisation, request_id);

  CREATE TABLE lifecycle_keys (
    organisation ${int} NOT NULL,
    key_name TEXT NOT NULL,
    key_value TEXT NOT NULL,
    lifecycle_id TEXT NOT NULL,
    PRIMARY KEY (organisation, key_name, key_value)
  )${end};
  CREATE INDEX lifecycle_keys_by_lifecycle ON lifecycle_keys (organisation, lifecycle_id);

  CREATE TABLE feature_snapshots (
    organisation ${int} NOT NULL,
    snapshot_id TEXT NOT NULL,
    seq ${int} NOT NULL,
    case_id TEXT NOT NULL,
    tag TEXT,
    created_at ${int} NOT NULL,
    body TEXT NOT NULL,
    PRIMARY KEY (organisation, snapshot_id)
  )${end};

  CREATE TABLE jobs (
    organisation ${int} NOT NULL,
    job_id TEXT NOT NULL,
    kind TEXT NOT NULL,
    status TEXT NOT NULL,
    created_at ${int} NOT NULL,
    owner TEXT,
    lease_until ${int},
    body TEXT NOT NULL,
    PRIMARY KEY (organisation, job_id)
  )${end};
  CREATE INDEX jobs_by_time ON jobs (organisation, kind, created_at);

  CREATE TABLE live_connections (
    organisation ${int} NOT NULL,
    connection_id TEXT NOT NULL,
    actor TEXT NOT NULL,
    connected_at ${int} NOT NULL,
    expires_at ${int} NOT NULL,
    context TEXT NOT NULL,
    PRIMARY KEY (organisation, connection_id)
  )${end};

  CREATE TABLE webhooks (
    organisation ${int} NOT NULL,
    webhook_id TEXT NOT NULL,
    url TEXT NOT NULL,
    label TEXT NOT NULL,
    events TEXT NOT NULL,
    is_active ${int} NOT NULL,
    secret TEXT NOT NULL,
    timeout_seconds ${int},
    max_retries ${int},
    retry_delay_seconds ${int},
    created_at ${int} NOT NULL,
    updated_at ${int} NOT NULL,
    last_delivery_at ${int},
    failure_count ${int} NOT NULL,
    failing_since ${int},
    extra TEXT NOT NULL,
    PRIMARY KEY (organisation, webhook_id)
  )${end};

  CREATE TABLE webhook_deliveries (
    delivery_id ${serial},
    organisation ${int} NOT NULL,
    webhook_id TEXT NOT NULL,
    event_id TEXT NOT NULL,
    event_type TEXT NOT NULL,
    status TEXT NOT NULL,
    attempts ${int} NOT NULL,
    response_status ${int},
    error TEXT,
    payload TEXT NOT NULL,
    created_at ${int} NOT NULL,
    delivered_at ${int},
    next_retry_at ${int},
    lease_until ${int},
    UNIQUE (organisation, webhook_id, event_id)
  )${end};
  CREATE INDEX webhook_deliveries_due ON webhook_deliveries (organisation, webhook_id, status, next_retry_at);

  CREATE TABLE api_keys (
    organisation ${int} NOT NULL,
    key_id TEXT NOT NULL,
    digest TEXT NOT NULL UNIQUE,
    key_prefix TEXT NOT NULL,
    label TEXT NOT NULL,
    scopes TEXT NOT NULL,
    rate_limit_per_minute ${int},
    ip_whitelist TEXT NOT NULL,
    created_at ${int} NOT NULL,
    created_by TEXT NOT NULL,
    expires_at ${int},
    last_used_at ${int},
    revoked_at ${int},
    revoke_reason TEXT,
    PRIMARY KEY (organisation, key_id)
  )${end};

  CREATE TABLE users (
    user_id ${serial},
    organisation ${int} NOT NULL,
    email TEXT NOT NULL UNIQUE,
    password TEXT NOT NULL,
    role TEXT NOT NULL,
    created_at ${int} NOT NULL
  )${end};

  CREATE TABLE refresh_tokens (
    digest TEXT PRIMARY KEY,
    user_id ${int} NOT NULL,
    family TEXT NOT NULL,
    created_at ${int} NOT NULL,
    expires_at ${int} NOT NULL,
    used_at ${int}
  )${end};
  CREATE INDEX refresh_tokens_by_family ON refresh_tokens (family);

  CREATE TABLE idempotency (
    organisation ${int} NOT NULL,
    scope TEXT NOT NULL,
    request_digest TEXT NOT NULL,
    status ${int},
    body TEXT,
    created_at ${int} NOT NULL,
    expires_at ${int} NOT NULL,
    PRIMARY KEY (organisation, scope)
  )${end};
  CREATE INDEX idempotency_by_expiry ON idempotency (organisation, expires_at);

  CREATE TABLE settings (
    name TEXT PRIMARY KEY,
    value TEXT NOT NULL
  )${end};
  `,
  // What events say is read off their records, and a case is found by the decision's id.
  () => `
  ALTER TABLE events DROP COLUMN body;
  DROP INDEX decisions_by_case;
  `,
  // The log of decisions, filtered: in the order in which it is read, whatever it is filtered by.
  () => `
  CREATE INDEX decisions_by_actor ON decisions (organisation, actor, seq);
  CREATE INDEX decisions_by_recommendation ON decisions (organisation, recommendation, seq);
  CREATE INDEX decisions_by_result ON decisions (organisation, result, seq);
  CREATE INDEX decisions_by_category ON decisions (organisation, outcome_category, seq)
    WHERE outcome_category IS NOT NULL;
  `,
]
