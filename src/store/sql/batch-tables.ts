/** What the two databases write differently. */
export interface SqlDialect {
  /** A column that numbers rows in their order, where there is none by itself. */
  readonly rowid: string;
  readonly bytes: string;
  readonly integer: string;
  readonly ending: string;
}

export const sqliteDialect: SqlDialect = {
  rowid: '',
  bytes: 'BLOB',
  integer: 'INTEGER',
  ending: 'STRICT',
};

export const postgresDialect: SqlDialect = {
  rowid: 'rowid BIGINT GENERATED ALWAYS AS IDENTITY UNIQUE,',
  bytes: 'BYTEA',
  integer: 'BIGINT',
  ending: '',
};

/**
 * The tables of files and batches, a migration of either database. Chunks of a file come before its row, and
 * without one they are nobody's. An item is leased while it has a worker; `attempt` fences late answers off.
 */
export const batchTables = ({ rowid, bytes, integer, ending }: SqlDialect): string => `
  CREATE TABLE files (
    ${rowid}
    owner TEXT NOT NULL,
    id TEXT NOT NULL PRIMARY KEY,
    filename TEXT NOT NULL,
    purpose TEXT NOT NULL,
    bytes ${integer} NOT NULL,
    created_at ${integer} NOT NULL
  ) ${ending};
  CREATE INDEX files_of_owner ON files (owner, created_at, id);

  CREATE TABLE file_chunks (
    ${rowid}
    file_id TEXT NOT NULL,
    position ${integer} NOT NULL,
    data ${bytes} NOT NULL,
    written_at ${integer} NOT NULL,
    PRIMARY KEY (file_id, position)
  ) ${ending};

  CREATE TABLE workers (
    id TEXT NOT NULL PRIMARY KEY,
    beats ${integer} NOT NULL
  ) ${ending};

  CREATE TABLE batches (
    ${rowid}
    owner TEXT NOT NULL,
    id TEXT NOT NULL PRIMARY KEY,
    status TEXT NOT NULL,
    worker TEXT,
    created_at ${integer} NOT NULL,
    expires_at ${integer} NOT NULL,
    content TEXT NOT NULL
  ) ${ending};
  CREATE INDEX batches_of_owner ON batches (owner, created_at, id);
  CREATE INDEX batches_open ON batches (status)
    WHERE status IN ('validating', 'in_progress', 'cancelling', 'finalizing');

  CREATE TABLE batch_items (
    ${rowid}
    batch_id TEXT NOT NULL REFERENCES batches (id) ON DELETE CASCADE,
    position ${integer} NOT NULL,
    custom_id TEXT NOT NULL,
    request TEXT NOT NULL,
    state TEXT NOT NULL CHECK (state IN ('waiting', 'succeeded', 'failed')),
    worker TEXT,
    attempt ${integer} NOT NULL,
    result TEXT,
    PRIMARY KEY (batch_id, position),
    UNIQUE (batch_id, custom_id)
  ) ${ending};
  CREATE INDEX batch_items_free ON batch_items (batch_id, attempt, position)
    WHERE state = 'waiting' AND worker IS NULL;
  CREATE INDEX batch_items_leased ON batch_items (worker) WHERE worker IS NOT NULL;
  CREATE INDEX batch_items_by_state ON batch_items (batch_id, state);
  `;

/** How long files are kept, and since when batches have ended: what is over is taken away. */
export const retentionColumns = ({ integer }: Pick<SqlDialect, 'integer'>): string => `
  ALTER TABLE files ADD COLUMN expires_at ${integer};
  CREATE INDEX files_by_expiry ON files (expires_at) WHERE expires_at IS NOT NULL;
  ALTER TABLE batches ADD COLUMN ended_at ${integer};
  UPDATE batches SET ended_at = expires_at
    WHERE status NOT IN ('validating', 'in_progress', 'cancelling', 'finalizing');
  CREATE INDEX batches_by_end ON batches (ended_at) WHERE ended_at IS NOT NULL;
  `;
