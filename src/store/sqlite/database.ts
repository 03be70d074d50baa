import sqlite from 'node-sqlite3-wasm';

import { DisposedError } from '../../spec/index.ts';
import type { SqlRow, SqlValue } from '../database.ts';
import { toStoreError } from './failure.ts';

/** One connection. Every call is synchronous, and every failure of it a {@link StoreError}. */
export class SqliteDatabase implements Disposable {
  readonly file: string;
  readonly #connection: sqlite.Database;

  constructor(file: string) {
    this.file = file;
    this.#connection = this.#do('Opening it', () => new sqlite.Database(file));
  }

  /** Runs statements that have no values. */
  exec(sql: string): void {
    this.#do(beginningOf(sql), () => this.#open.exec(sql));
  }

  /** Runs one statement, its `?` bound to the values in order; gives how many rows it changed. */
  run(sql: string, values: readonly SqlValue[] = []): number {
    return this.#do(beginningOf(sql), () => this.#open.run(sql, [...values]).changes);
  }

  all(sql: string, values: readonly SqlValue[] = []): SqlRow[] {
    return this.#do(beginningOf(sql), () => this.#open.all(sql, [...values]) as SqlRow[]);
  }

  get(sql: string, values: readonly SqlValue[] = []): SqlRow | undefined {
    return this.#do(
      beginningOf(sql),
      () => (this.#open.get(sql, [...values]) as SqlRow | null) ?? undefined,
    );
  }

  /** All of `work`'s writes, durably, or none of them. */
  transaction<Value>(work: () => Value): Value {
    this.exec('BEGIN IMMEDIATE');
    try {
      const value = work();
      this.exec('COMMIT');
      return value;
    } catch (error) {
      this.rollback();
      throw error;
    }
  }

  /** Ends a transaction without its writes; after some failures SQLite has done so by itself. */
  rollback(): void {
    if (this.#connection.inTransaction) this.exec('ROLLBACK');
  }

  [Symbol.dispose](): void {
    if (this.#connection.isOpen) this.#do('Closing it', () => this.#connection.close());
  }

  get #open(): sqlite.Database {
    if (!this.#connection.isOpen) throw new DisposedError('The store was disposed of.');
    return this.#connection;
  }

  #do<Value>(doing: string, work: () => Value): Value {
    try {
      return work();
    } catch (error) {
      if (error instanceof DisposedError) throw error;
      throw toStoreError(error, this.file, doing);
    }
  }
}

/** What a message shows of a statement. */
function beginningOf(sql: string): string {
  return sql.trim().split(/\s+/, 3).join(' ');
}
