import { SqlBatchStore } from './batches/sql-batch-store.ts';
import { SqlContextStore } from './contexts/sql-context-store.ts';
import type { Database } from './database.ts';
import { isPostgresUrl } from './postgres/address.ts';
import type { ProfileStore } from './profile-store.ts';
import { SqlProfileStore } from './sql/sql-profile-store.ts';
import { openSqliteDatabase } from './sqlite/open-store.ts';

export interface StoreOptions {
  /**
   * The URL of a Postgres database, `postgres://user:password@host:5432/database`, with what else libpq's URLs
   * may have; or a SQLite file; `':memory:'` keeps nothing.
   */
  readonly place: string;
  /** Milliseconds since 1970. */
  readonly now: () => number;
}

/** Files and batches of all owners, and who works on them. */
export type BatchStore = SqlBatchStore;

/** Contexts of all owners, and what was made for them. */
export type ContextStore = SqlContextStore;

/** All that is kept in one place. */
export interface Store extends AsyncDisposable {
  /** What messages call it: a file, or an address without its password. */
  readonly name: string;
  readonly profiles: ProfileStore;
  readonly batches: BatchStore;
  readonly contexts: ContextStore;
}

/**
 * Opens what is kept in a place, and creates it if it does not exist. A SQLite file is for one process at a
 * time, a Postgres database for any number; its tables are in the schema `trimtab`. See docs/adr/0009-store.md.
 * @throws InvalidOptionError for a URL that cannot be read. StoreError if the file is in use (`locked`), the
 *   database cannot be had (`unavailable`), or either was written by a later version (`newer`), is no store or damaged
 *   (`corrupt`), or cannot be written (`read-only`, `full`).
 */
export async function openStore({ place, now }: StoreOptions): Promise<Store> {
  const database = await openDatabase(place);
  return {
    name: database.name,
    profiles: new SqlProfileStore(database, now),
    batches: new SqlBatchStore(database, now),
    contexts: new SqlContextStore(database, now),
    [Symbol.asyncDispose]: async () => database[Symbol.asyncDispose](),
  };
}

/** The database of a place; what Postgres needs is loaded for one alone. */
export async function openDatabase(place: string): Promise<Database> {
  if (isPostgresUrl(place)) {
    const { PostgresDatabase } = await import('./postgres/database.ts');
    return PostgresDatabase.open(place);
  }
  return openSqliteDatabase(place);
}
