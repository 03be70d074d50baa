import { closeSync, fsyncSync, openSync, rmSync, writeSync } from 'node:fs';
import path from 'node:path';

import { StoreError, type StoreFailure } from '../../spec/index.ts';
import { dataDirectoryVariable } from '../../files/index.ts';

/** The name of a database that is in memory only. */
export const inMemory = ':memory:';

/** SQLite's own words (`sqlite3ErrStr`), which its versions keep. */
const sqliteMessages: readonly (readonly [RegExp, StoreFailure])[] = [
  [/disk is full/, 'full'],
  [/readonly database/, 'read-only'],
  [/malformed|not a database/, 'corrupt'],
  [/database is locked/, 'locked'],
];

const errnoFailures: Readonly<Record<string, StoreFailure>> = {
  ENOSPC: 'full',
  EDQUOT: 'full',
  EROFS: 'read-only',
  EACCES: 'read-only',
  EPERM: 'read-only',
  // Of a folder that cannot be made: below a file, or in a file system without files of ours.
  ENOENT: 'read-only',
  ENOTDIR: 'read-only',
};

const remedies: Readonly<Record<StoreFailure, string>> = {
  full: 'Its disk is full: free some space.',
  'read-only': `Nothing can be written there: make its disk and folder writable, or set ${dataDirectoryVariable} to one that is.`,
  corrupt: 'It was left as it is: put a copy of it back, or move it away to begin a new one.',
  locked: 'End the other program that uses it.',
  newer: 'Install that version or a later one.',
  unavailable: 'Try again.',
  other: 'Look at the health of its disk.',
};

/** An error of SQLite or of the file system, in a store's words. */
export function toStoreError(error: unknown, file: string, doing: string): StoreError {
  if (error instanceof StoreError) return error;
  return storeError(reasonOf(error, file), file, `${doing} failed: ${messageOf(error)}`, error);
}

/** An error that says what happened, in which file, and the remedy. */
export function storeError(
  reason: StoreFailure,
  file: string,
  what: string,
  cause?: unknown,
): StoreError {
  const context = cause === undefined ? {} : { cause };
  return new StoreError(reason, `${file}: ${what}. ${remedies[reason]}`, context);
}

function reasonOf(error: unknown, file: string): StoreFailure {
  const message = messageOf(error);
  const known = sqliteMessages.find(([pattern]) => pattern.test(message));
  if (known !== undefined) return known[1];
  // SQLite calls every other failure of its file "disk I/O error": the disk itself says which.
  const cause = codeOf(error) === undefined && file !== inMemory ? tryWriting(file) : error;
  return errnoFailures[codeOf(cause) ?? ''] ?? 'other';
}

/** What writing beside a file fails with, or `undefined` if it does not. */
function tryWriting(file: string): unknown {
  const probe = path.join(path.dirname(file), `.trimtab-probe-${process.pid}`);
  try {
    const descriptor = openSync(probe, 'w', 0o600);
    try {
      writeSync(descriptor, new Uint8Array(2 ** 16));
      fsyncSync(descriptor);
    } finally {
      closeSync(descriptor);
      rmSync(probe, { force: true });
    }
    return undefined;
  } catch (error) {
    return error;
  }
}

function codeOf(error: unknown): string | undefined {
  return (error as NodeJS.ErrnoException | undefined)?.code;
}

function messageOf(error: unknown): string {
  return error instanceof Error ? error.message : String(error);
}
