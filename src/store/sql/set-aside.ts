import type { Session, SqlRow } from '../database.ts';
import type { SetAsideRecord } from '../records.ts';
import { readRow, type RowKey, type SoundRow, type Table } from './rows.ts';
import { answers, profiles, questions } from './tables.ts';

const parts: readonly Table<unknown>[] = [answers, questions];

/** A row that is not as it was written. */
export interface DamagedRow {
  readonly table: Table<unknown>;
  readonly row: SqlRow;
  readonly reason: string;
}

/** Ends a work that found damaged rows: they are set aside in a write of their own before it is tried again. */
export class DamageFound extends Error {
  readonly rows: readonly DamagedRow[];

  constructor(rows: readonly DamagedRow[]) {
    super(`${rows.length} rows are damaged.`);
    this.rows = rows;
  }
}

/** The rows, if all of them are as they were written. @throws DamageFound */
export function soundRows<Content>(
  table: Table<Content>,
  rows: readonly SqlRow[],
): SoundRow<Content>[] {
  const damaged: DamagedRow[] = [];
  const sound: SoundRow<Content>[] = [];
  for (const row of rows) {
    const read = readRow(table, row);
    if (typeof read === 'string') damaged.push({ table, row, reason: read });
    else sound.push(read);
  }
  if (damaged.length > 0) throw new DamageFound(damaged);
  return sound;
}

/** Moves a row, and all that belongs to it if it is a profile's, out of the way, as it is. */
export async function setRowAside(
  session: Session,
  { table, row, reason }: DamagedRow,
  now: number,
): Promise<void> {
  if (table.name === profiles.name) {
    const because = 'it is of a profile that was set aside';
    for (const part of parts) {
      const where = 'WHERE owner IS NOT DISTINCT FROM ? AND profile_id IS NOT DISTINCT FROM ?';
      const sql = `SELECT rowid, * FROM ${part.name} ${where}`;
      for (const owned of await session.all(sql, [row['owner']!, row['id']!])) {
        await moveRow(session, { table: part, row: owned, reason: because }, now);
      }
    }
  }
  await moveRow(session, { table, row, reason }, now);
}

async function moveRow(
  session: Session,
  { table, row, reason }: DamagedRow,
  now: number,
): Promise<void> {
  const { rowid, ...columns } = row;
  const profileId = (table.name === profiles.name ? row['id'] : row['profile_id']) ?? null;
  // Another may have moved it meanwhile.
  if ((await session.run(`DELETE FROM ${table.name} WHERE rowid = ?`, [rowid!])) === 0) return;
  await session.run(
    'INSERT INTO set_aside (source, owner, profile_id, row, reason, set_aside_at) VALUES (?, ?, ?, ?, ?, ?)',
    [table.name, row['owner'] ?? null, profileId, JSON.stringify(columns), reason, now],
  );
}

/** What was set aside, oldest first. */
export async function listSetAside(session: Session): Promise<SetAsideRecord[]> {
  return (await session.all('SELECT * FROM set_aside ORDER BY number')).map(toRecord);
}

/** Why a profile is not there, if it was set aside. */
export async function findProfileSetAside(
  session: Session,
  owner: string,
  id: string,
): Promise<SetAsideRecord | undefined> {
  const row = await session.get(
    'SELECT * FROM set_aside WHERE source = ? AND owner = ? AND profile_id = ? LIMIT 1',
    [profiles.name, owner, id],
  );
  return row === undefined ? undefined : toRecord(row);
}

export function forgetSetAside(
  session: Session,
  owner: string,
  profileId: string,
): Promise<number> {
  return session.run('DELETE FROM set_aside WHERE owner = ? AND profile_id = ?', [
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
