import type { Database, Session } from '../database.ts';
import { Turns } from '../turns.ts';
import type { SqliteDatabase } from './database.ts';

/** A SQLite file that this process alone has open: works have it one after the other. */
export class ExclusiveDatabase implements Database {
  readonly isShared = false;
  readonly #connection: SqliteDatabase;
  readonly #session: Session;
  readonly #turns = new Turns();
  readonly #release: () => void;

  /** @param release - Called once the connection is closed. */
  constructor(connection: SqliteDatabase, release: () => void) {
    this.#connection = connection;
    this.#session = {
      run: async (sql, values) => connection.run(sql, values),
      all: async (sql, values) => connection.all(sql, values),
      get: async (sql, values) => connection.get(sql, values),
    };
    this.#release = release;
  }

  get name(): string {
    return this.#connection.file;
  }

  read<Value>(work: (session: Session) => Promise<Value>): Promise<Value> {
    return this.#alone(() => work(this.#session));
  }

  write<Value>(_scope: string, work: (session: Session) => Promise<Value>): Promise<Value> {
    return this.#alone(async () => {
      this.#connection.exec('BEGIN IMMEDIATE');
      try {
        const value = await work(this.#session);
        this.#connection.exec('COMMIT');
        return value;
      } catch (error) {
        this.#connection.rollback();
        throw error;
      }
    });
  }

  findDamage(): Promise<string | undefined> {
    return this.#alone(async () => {
      const found = this.#connection.get('PRAGMA integrity_check(1)')?.['integrity_check'];
      return found === 'ok' ? undefined : String(found);
    });
  }

  /** The write-ahead log still holds the texts. */
  forget(): Promise<void> {
    return this.#alone(async () => {
      this.#connection.all('PRAGMA wal_checkpoint(TRUNCATE)');
    });
  }

  async [Symbol.asyncDispose](): Promise<void> {
    await this.#turns.ended();
    try {
      this.#connection[Symbol.dispose]();
    } finally {
      this.#release();
    }
  }

  #alone<Value>(work: () => Promise<Value>): Promise<Value> {
    return this.#turns.take('', work);
  }
}
