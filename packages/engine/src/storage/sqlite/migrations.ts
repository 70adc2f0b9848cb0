/** "BIGH": marks a file as ours in SQLite's header (PRAGMA application_id). */
export const APPLICATION_ID = 0x42494748

/**
 * Steps from an empty file to the present form. Append-only: a step that was released is never changed. The number of steps
 * is the file's version (PRAGMA user_version).
 */
export const MIGRATIONS: readonly string[] = [
  `
  CREATE TABLE records (
    id INTEGER PRIMARY KEY,
    organisation TEXT NOT NULL,
    seq INTEGER NOT NULL,
    type TEXT NOT NULL,
    at INTEGER NOT NULL,
    subject TEXT NOT NULL,
    kept TEXT NOT NULL,
    payload TEXT,
    payload_digest TEXT NOT NULL,
    hash TEXT NOT NULL
  ) STRICT;
  CREATE UNIQUE INDEX records_by_seq ON records (organisation, seq);
  CREATE INDEX records_by_subject ON records (organisation, subject);

  CREATE TABLE effects (
    organisation TEXT NOT NULL,
    effect_key TEXT NOT NULL,
    effect_id TEXT NOT NULL,
    request_id TEXT NOT NULL,
    arguments_digest TEXT NOT NULL,
    state TEXT NOT NULL,
    owner TEXT NOT NULL,
    claimed_at TEXT NOT NULL,
    settled_at TEXT,
    summary TEXT,
    PRIMARY KEY (organisation, effect_key)
  ) STRICT, WITHOUT ROWID;
  CREATE UNIQUE INDEX effects_by_id ON effects (organisation, effect_id);
  CREATE INDEX effects_open ON effects (organisation, state) WHERE state IN ('claimed', 'unknown');

  CREATE TABLE approvals (
    organisation TEXT NOT NULL,
    request_id TEXT NOT NULL,
    status TEXT NOT NULL,
    created_at TEXT NOT NULL,
    item TEXT NOT NULL,
    PRIMARY KEY (organisation, request_id)
  ) STRICT, WITHOUT ROWID;
  CREATE INDEX approvals_by_status ON approvals (organisation, status, created_at);

  CREATE TABLE snapshots (
    organisation TEXT NOT NULL,
    seq INTEGER NOT NULL,
    format INTEGER NOT NULL,
    digest TEXT NOT NULL,
    state BLOB NOT NULL,
    PRIMARY KEY (organisation, seq)
  ) STRICT;
  `,
]
