import { batchTables, sqliteDialect, retentionColumns } from '../sql/batch-tables.ts';
import { contextTables } from '../sql/context-tables.ts';
import type { SqliteDatabase } from './database.ts';
import { storeError } from './failure.ts';

/** "Trim": tells our files from other programs' databases. */
const applicationId = 0x5472696d;

/**
 * What makes a database of one version into one of the next. Never changed once released: a later
 * layout is a later entry. Content is JSON, checked by its checksum; what is looked up has a column.
 */
const migrations: readonly string[] = [
  `
  CREATE TABLE profiles (
    owner TEXT NOT NULL,
    id TEXT NOT NULL,
    content TEXT NOT NULL,
    checksum TEXT NOT NULL,
    PRIMARY KEY (owner, id)
  ) STRICT;

  CREATE TABLE answers (
    owner TEXT NOT NULL,
    profile_id TEXT NOT NULL,
    sequence INTEGER NOT NULL,
    id TEXT NOT NULL,
    content TEXT NOT NULL,
    checksum TEXT NOT NULL,
    PRIMARY KEY (owner, profile_id, sequence),
    UNIQUE (owner, profile_id, id),
    FOREIGN KEY (owner, profile_id) REFERENCES profiles (owner, id) ON DELETE CASCADE
  ) STRICT;

  CREATE TABLE questions (
    owner TEXT NOT NULL,
    profile_id TEXT NOT NULL,
    position INTEGER NOT NULL,
    id TEXT NOT NULL,
    state TEXT NOT NULL CHECK (state IN ('open', 'answered', 'withdrawn')),
    content TEXT NOT NULL,
    checksum TEXT NOT NULL,
    PRIMARY KEY (owner, profile_id, id),
    FOREIGN KEY (owner, profile_id) REFERENCES profiles (owner, id) ON DELETE CASCADE
  ) STRICT;
  CREATE INDEX questions_in_order ON questions (owner, profile_id, position);

  CREATE TABLE bases (
    id TEXT NOT NULL PRIMARY KEY,
    content TEXT NOT NULL,
    checksum TEXT NOT NULL
  ) STRICT;

  -- Not strict: what is damaged may be of any type.
  CREATE TABLE set_aside (
    number INTEGER PRIMARY KEY,
    source TEXT NOT NULL,
    owner,
    profile_id,
    row TEXT NOT NULL,
    reason TEXT NOT NULL,
    set_aside_at INTEGER NOT NULL
  );
  CREATE INDEX set_aside_of_profile ON set_aside (owner, profile_id);
  `,
  batchTables(sqliteDialect),
  retentionColumns(sqliteDialect),
  contextTables(sqliteDialect),
];

/** Brings a database to this program's version, one transaction a step. */
export function migrate(database: SqliteDatabase): void {
  const version = versionOf(database);
  migrations.slice(version).forEach((sql, i) => {
    database.transaction(() => {
      database.exec(sql);
      database.exec(`PRAGMA user_version = ${version + i + 1}`);
      database.exec(`PRAGMA application_id = ${applicationId}`);
    });
  });
}

/** How many of the migrations a database has had; 0 is an empty one. */
function versionOf(database: SqliteDatabase): number {
  const version = readPragma(database, 'user_version');
  const isOurs = readPragma(database, 'application_id') === applicationId;
  const isEmpty = database.get('SELECT 1 FROM sqlite_schema LIMIT 1') === undefined;
  if (!isOurs && !isEmpty) {
    throw storeError('corrupt', database.file, 'is a database of another program');
  }
  if (version > migrations.length) {
    const versions = `its layout is version ${version}, and this program knows ${migrations.length}`;
    throw storeError(
      'newer',
      database.file,
      `was written by a later version of Trimtab: ${versions}`,
    );
  }
  return version;
}

function readPragma(database: SqliteDatabase, name: string): number {
  return Number(database.get(`PRAGMA ${name}`)?.[name]);
}
