import type { PoolClient } from 'pg';

import { batchTables, postgresDialect, retentionColumns } from '../sql/batch-tables.ts';
import { contextTables } from '../sql/context-tables.ts';
import { postgresError } from './failure.ts';

/** All tables are in a schema of their own, so that the database may have others. */
export const schema = 'trimtab';

/** Any number: who migrates has it to themselves. */
const migrationLock = 0x5472696d;

/**
 * What makes a schema of one version into one of the next, as those of SQLite do: the same tables, whose
 * rows have numbers of the same name. Never changed once released: a later layout is a later entry.
 */
const migrations: readonly string[] = [
  `
  CREATE TABLE profiles (
    rowid BIGINT GENERATED ALWAYS AS IDENTITY UNIQUE,
    owner TEXT NOT NULL,
    id TEXT NOT NULL,
    content TEXT NOT NULL,
    checksum TEXT NOT NULL,
    PRIMARY KEY (owner, id)
  );

  CREATE TABLE answers (
    rowid BIGINT GENERATED ALWAYS AS IDENTITY UNIQUE,
    owner TEXT NOT NULL,
    profile_id TEXT NOT NULL,
    sequence INTEGER NOT NULL,
    id TEXT NOT NULL,
    content TEXT NOT NULL,
    checksum TEXT NOT NULL,
    PRIMARY KEY (owner, profile_id, sequence),
    UNIQUE (owner, profile_id, id),
    FOREIGN KEY (owner, profile_id) REFERENCES profiles (owner, id) ON DELETE CASCADE
  );

  CREATE TABLE questions (
    rowid BIGINT GENERATED ALWAYS AS IDENTITY UNIQUE,
    owner TEXT NOT NULL,
    profile_id TEXT NOT NULL,
    position INTEGER NOT NULL,
    id TEXT NOT NULL,
    state TEXT NOT NULL CHECK (state IN ('open', 'answered', 'withdrawn')),
    content TEXT NOT NULL,
    checksum TEXT NOT NULL,
    PRIMARY KEY (owner, profile_id, id),
    FOREIGN KEY (owner, profile_id) REFERENCES profiles (owner, id) ON DELETE CASCADE
  );
  CREATE INDEX questions_in_order ON questions (owner, profile_id, position);

  CREATE TABLE bases (
    rowid BIGINT GENERATED ALWAYS AS IDENTITY UNIQUE,
    id TEXT NOT NULL PRIMARY KEY,
    content TEXT NOT NULL,
    checksum TEXT NOT NULL
  );

  CREATE TABLE set_aside (
    number BIGINT GENERATED ALWAYS AS IDENTITY PRIMARY KEY,
    source TEXT NOT NULL,
    owner TEXT,
    profile_id TEXT,
    row TEXT NOT NULL,
    reason TEXT NOT NULL,
    set_aside_at BIGINT NOT NULL
  );
  CREATE INDEX set_aside_of_profile ON set_aside (owner, profile_id);
  `,
  batchTables(postgresDialect),
  retentionColumns(postgresDialect),
  contextTables(postgresDialect),
];

/** Brings a database to this program's version; of several replicas that start, one does. */
export async function migratePostgres(client: PoolClient, name: string): Promise<void> {
  await client.query('BEGIN');
  try {
    await client.query(`SELECT pg_advisory_xact_lock(${migrationLock})`);
    const known = await client.query<{ there: boolean }>(
      `SELECT to_regclass('${schema}.layout') IS NOT NULL AS there`,
    );
    if (known.rows[0]?.there !== true) {
      await client.query(
        `CREATE SCHEMA IF NOT EXISTS ${schema};
         CREATE TABLE ${schema}.layout (version INTEGER NOT NULL);
         INSERT INTO ${schema}.layout VALUES (0)`,
      );
    }
    await client.query(`SET LOCAL search_path TO ${schema}`);
    const { rows } = await client.query<{ version: number }>('SELECT version FROM layout');
    const version = rows[0]!.version;
    if (version > migrations.length) {
      const versions = `its layout is version ${version}, and this program knows ${migrations.length}`;
      const what = `was written by a later version of Trimtab: ${versions}`;
      throw postgresError('newer', name, what);
    }
    for (const sql of migrations.slice(version)) await client.query(sql);
    await client.query('UPDATE layout SET version = $1', [migrations.length]);
    await client.query('COMMIT');
  } catch (error) {
    await client.query('ROLLBACK').catch(() => undefined);
    throw error;
  }
}
