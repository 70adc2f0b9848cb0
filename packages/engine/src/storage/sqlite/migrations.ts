import { type ColumnTypes, TABLE_MIGRATIONS } from '../migrations.ts'

/** "BIGH": marks a file as ours in SQLite's header (PRAGMA application_id). */
export const APPLICATION_ID = 0x42494748

const TYPES: ColumnTypes = {
  int: 'INTEGER',
  real: 'REAL',
  serial: 'INTEGER PRIMARY KEY AUTOINCREMENT',
  end: ' STRICT',
}

/**
 * Steps from an empty file to the present form. Append-only: a step that was released is never changed. The number of steps
 * is the file's version (PRAGMA user_version).
 */
export const MIGRATIONS: readonly string[] = [
  `
  CREATE TABLE organisations (
    id INTEGER PRIMARY KEY,
    name TEXT NOT NULL UNIQUE
  ) STRICT;

  -- place: the organisation's id in the upper bits, the record's number in its log in the lower 34.
  CREATE TABLE records (
    place INTEGER PRIMARY KEY,
    organisation INTEGER NOT NULL,
    type TEXT NOT NULL,
    at INTEGER NOT NULL,
    subject TEXT NOT NULL,
    effect_key TEXT,
    kept TEXT NOT NULL,
    payload TEXT,
    payload_digest TEXT NOT NULL,
    hash TEXT NOT NULL
  ) STRICT;
  CREATE INDEX records_by_subject ON records (organisation, subject);
  CREATE UNIQUE INDEX records_by_effect ON records (organisation, effect_key) WHERE effect_key IS NOT NULL;

  CREATE TABLE approvals (
    organisation INTEGER NOT NULL,
    request_id TEXT NOT NULL,
    status TEXT NOT NULL,
    created_at TEXT NOT NULL,
    item TEXT NOT NULL,
    PRIMARY KEY (organisation, request_id)
  ) STRICT, WITHOUT ROWID;
  CREATE INDEX approvals_by_status ON approvals (organisation, status, created_at);

  CREATE TABLE snapshots (
    organisation INTEGER NOT NULL,
    seq INTEGER NOT NULL,
    format INTEGER NOT NULL,
    digest TEXT NOT NULL,
    state BLOB NOT NULL,
    PRIMARY KEY (organisation, seq)
  ) STRICT;
  `,
  ...TABLE_MIGRATIONS.map((step) => step(TYPES)),
]
