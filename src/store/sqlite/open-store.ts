import { chmodSync, closeSync, existsSync, fsyncSync, openSync, rmSync } from 'node:fs';
import path from 'node:path';

import { createFolder, ownerOnly } from '../../files/index.ts';
import type { ProfileStore } from '../profile-store.ts';
import { SqlProfileStore } from '../sql/sql-profile-store.ts';
import { SqliteDatabase } from './database.ts';
import { inMemory, toStoreError } from './failure.ts';
import { ExclusiveDatabase } from './exclusive-database.ts';
import { migrate } from './migrations.ts';
import { claimFile } from './ownership.ts';

/** The store's file inside the data directory. */
export const storeFileName = 'trimtab.db';

export interface SqliteStoreOptions {
  /** Created with its folder if it does not exist; `':memory:'` keeps nothing. */
  readonly file: string;
  /** Milliseconds since 1970. */
  readonly now: () => number;
}

/**
 * Opens the store that is a SQLite file. One process can have it open; see docs/adr/0009-store.md.
 * @throws StoreError if the file is in use (`locked`), was written by a later version (`newer`), is no
 *   store or damaged (`corrupt`), or its disk cannot be written (`read-only`, `full`). Nothing was changed.
 */
export async function openSqliteStore({ file, now }: SqliteStoreOptions): Promise<ProfileStore> {
  return new SqlProfileStore(openSqliteDatabase(file), now);
}

/** The database of such a file, claimed by this process until it is disposed of. */
export function openSqliteDatabase(file: string): ExclusiveDatabase {
  if (file === inMemory) return new ExclusiveDatabase(openDatabase(file), () => {});
  const whole = path.resolve(file);
  const claim = trying(whole, 'Claiming it', () => {
    createFolder(path.dirname(whole), ownerOnly);
    return claimFile(whole);
  });
  const release = () => trying(whole, 'Giving it back', () => claim[Symbol.dispose]());
  try {
    return new ExclusiveDatabase(openFile(whole), release);
  } catch (error) {
    release();
    throw error;
  }
}

/** Opens the file that this process has claimed. */
function openFile(file: string): SqliteDatabase {
  trying(file, 'Creating it', () => {
    closeSync(openSync(file, 'a', 0o600));
    // SQLite's own lock, a folder, outlives a process that is killed. Ours says that it was.
    rmSync(`${file}.lock`, { recursive: true, force: true });
  });
  const database = openDatabase(file);
  try {
    trying(file, 'Protecting it', () => {
      for (const part of [file, `${file}-wal`]) if (existsSync(part)) chmodSync(part, 0o600);
      syncFolder(path.dirname(file));
    });
    return database;
  } catch (error) {
    database[Symbol.dispose]();
    throw error;
  }
}

function openDatabase(file: string): SqliteDatabase {
  const database = new SqliteDatabase(file);
  try {
    // Without shared memory, which this build of SQLite lacks, a write-ahead log needs exclusive use.
    database.exec('PRAGMA locking_mode = EXCLUSIVE');
    database.exec('PRAGMA journal_mode = WAL');
    database.exec('PRAGMA synchronous = FULL');
    database.exec('PRAGMA foreign_keys = ON');
    database.exec('PRAGMA secure_delete = ON');
    migrate(database);
    return database;
  } catch (error) {
    database[Symbol.dispose]();
    throw error;
  }
}

/** Makes the names of new files durable. Windows has no such call. */
function syncFolder(folder: string): void {
  if (process.platform === 'win32') return;
  const descriptor = openSync(folder, 'r');
  try {
    fsyncSync(descriptor);
  } finally {
    closeSync(descriptor);
  }
}

function trying<Value>(file: string, doing: string, work: () => Value): Value {
  try {
    return work();
  } catch (error) {
    throw toStoreError(error, file, doing);
  }
}
