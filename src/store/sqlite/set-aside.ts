import type { SetAsideRecord } from '../records.ts';
import type { SqliteDatabase, SqlRow } from './database.ts';
import { readRow, type RowKey, type SoundRow, type Table } from './rows.ts';
import { answers, profiles, questions } from './tables.ts';

const parts: readonly Table<unknown>[] = [answers, questions];

/** Those of the rows that are as they were written. Damaged ones are moved out of the way first. */
export function soundRows<Content>(
  database: SqliteDatabase,
  table: Table<Content>,
  rows: readonly SqlRow[],
  now: number,
): SoundRow<Content>[] {
  const sound: SoundRow<Content>[] = [];
  for (const row of rows) {
    const read = readRow(table, row);
    if (typeof read === 'string') setRowAside(database, table, row, read, now);
    else sound.push(read);
  }
  return sound;
}

/** Moves a row, and all that belongs to it if it is a profile's, out of the way, as it is. */
function setRowAside(
  database: SqliteDatabase,
  table: Table<unknown>,
  row: SqlRow,
  reason: string,
  now: number,
): void {
  database.transaction(() => {
    if (table.name === profiles.name) {
      for (const part of parts) {
        const where = 'WHERE owner IS ? AND profile_id IS ?';
        const sql = `SELECT rowid, * FROM ${part.name} ${where}`;
        for (const owned of database.all(sql, [row['owner']!, row['id']!])) {
          moveRow(database, part, owned, 'it is of a profile that was set aside', now);
        }
      }
    }
    moveRow(database, table, row, reason, now);
  });
}

function moveRow(
  database: SqliteDatabase,
  table: Table<unknown>,
  row: SqlRow,
  reason: string,
  now: number,
): void {
  const { rowid, ...columns } = row;
  const profileId = (table.name === profiles.name ? row['id'] : row['profile_id']) ?? null;
  database.run(
    'INSERT INTO set_aside (source, owner, profile_id, row, reason, set_aside_at) VALUES (?, ?, ?, ?, ?, ?)',
    [table.name, row['owner'] ?? null, profileId, JSON.stringify(columns), reason, now],
  );
  database.run(`DELETE FROM ${table.name} WHERE rowid = ?`, [rowid!]);
}

/** What was set aside, oldest first. */
export function listSetAside(database: SqliteDatabase): SetAsideRecord[] {
  return database.all('SELECT * FROM set_aside ORDER BY number').map(toRecord);
}

/** Why a profile is not there, if it was set aside. */
export function findProfileSetAside(
  database: SqliteDatabase,
  owner: string,
  id: string,
): SetAsideRecord | undefined {
  const row = database.get(
    'SELECT * FROM set_aside WHERE source = ? AND owner = ? AND profile_id = ? LIMIT 1',
    [profiles.name, owner, id],
  );
  return row === undefined ? undefined : toRecord(row);
}

export function forgetSetAside(database: SqliteDatabase, owner: string, profileId: string): number {
  return database.run('DELETE FROM set_aside WHERE owner = ? AND profile_id = ?', [
    owner,
    profileId,
  ]);
}

function toRecord(row: SqlRow): SetAsideRecord {
  const columns = JSON.parse(row['row'] as string) as SqlRow;
  const { content: _, checksum: __, ...key } = columns;
  return {
    table: row['source'] as string,
    key: key as RowKey,
    reason: row['reason'] as string,
    setAsideAt: row['set_aside_at'] as number,
  };
}
