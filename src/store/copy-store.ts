import { InvalidOptionError, StoreError } from '../spec/index.ts';
import type { Database, Session, SqlRow } from './database.ts';
import { openDatabase } from './open-store.ts';
import { SqlProfileStore } from './sql/sql-profile-store.ts';

/** What is copied, those that others refer to first; the column that keeps the order of each; rows read at once. */
const tables = [
  ['bases', 'rowid', 16],
  ['profiles', 'rowid', 256],
  ['answers', 'rowid', 256],
  ['questions', 'rowid', 256],
  ['set_aside', 'number', 256],
  ['files', 'rowid', 256],
  ['file_chunks', 'rowid', 16],
  ['batches', 'rowid', 256],
  ['batch_items', 'rowid', 64],
  ['contexts', 'rowid', 16],
  ['context_products', 'rowid', 64],
] as const;

export interface CopyProgress {
  readonly table: string;
  /** Rows that were copied so far, and there are. */
  readonly done: number;
  readonly of: number;
}

export interface CopyOptions {
  /** Places as {@link openStore} takes them. */
  readonly from: string;
  readonly to: string;
  /** Takes whatever `to` has from it. Without, one that is not empty is refused. */
  readonly replaces?: boolean | undefined;
  readonly now: () => number;
  readonly onProgress?: ((progress: CopyProgress) => void) | undefined;
  readonly signal?: AbortSignal | undefined;
}

/**
 * Copies all that is kept in one place into another, or nothing: whatever ends it early leaves `to` as it was.
 * Rows go as they are, with their checksums; damaged ones are set aside first, as `verify` does.
 * @returns How many rows were copied.
 * @throws InvalidOptionError if `to` is not empty; StoreError; the signal's reason.
 */
export async function copyStore(options: CopyOptions): Promise<number> {
  const { from, to, replaces = false, now, onProgress, signal } = options;
  await using source = await openDatabase(from);
  await using target = await openDatabase(to);
  if (source.name === target.name) {
    throw new InvalidOptionError(
      'to',
      `${target.name} is where it is copied from: name another place.`,
    );
  }
  await new SqlProfileStore(source, now).verify();
  return await source.read((reading) =>
    target.write('copy', async (writing) => {
      if (replaces) await clear(writing);
      else await requireEmpty(writing, target.name);
      const of = await countRows(reading);
      let done = 0;
      for (const [table, order, pageSize] of tables) {
        for await (const rows of pagesOf(reading, table, order, pageSize)) {
          for (const row of rows) {
            signal?.throwIfAborted();
            await insert(writing, table, order, row, target);
          }
          done += rows.length;
          onProgress?.({ table, done, of });
        }
      }
      return done;
    }),
  );
}

async function* pagesOf(
  session: Session,
  table: string,
  order: string,
  pageSize: number,
): AsyncGenerator<readonly SqlRow[], void> {
  const sql = `SELECT ${order}, * FROM ${table} WHERE ${order} > ? ORDER BY ${order} LIMIT ?`;
  for (let last = 0; ;) {
    const rows = await session.all(sql, [last, pageSize]);
    if (rows.length === 0) return;
    last = rows.at(-1)![order] as number;
    yield rows;
  }
}

/** The database gives the row a number of its own: only its order is kept. */
async function insert(
  session: Session,
  table: string,
  order: string,
  row: SqlRow,
  { name }: Database,
): Promise<void> {
  const names = Object.keys(row).filter((column) => column !== order);
  const sql = `INSERT INTO ${table} (${names.join(', ')}) VALUES (${names.map(() => '?').join(', ')})`;
  const count = await session.run(
    sql,
    // Leases are of workers that have the source.
    names.map((column) => (column === 'worker' ? null : row[column]!)),
  );
  if (count !== 1) throw new StoreError('other', `${name}: a row of ${table} was not written.`);
}

async function countRows(session: Session): Promise<number> {
  let count = 0;
  for (const [table] of tables) {
    count += Number((await session.get(`SELECT count(*) AS count FROM ${table}`))!['count']);
  }
  return count;
}

async function clear(session: Session): Promise<void> {
  for (const [table] of tables.toReversed()) await session.run(`DELETE FROM ${table}`);
}

async function requireEmpty(session: Session, name: string): Promise<void> {
  const count = await countRows(session);
  if (count === 0) return;
  const remedy = 'Say that it may be replaced, or name an empty place.';
  throw new InvalidOptionError('to', `${name} is not empty: it has ${count} rows. ${remedy}`);
}
