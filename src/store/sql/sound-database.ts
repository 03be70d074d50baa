import { setImmediate } from 'node:timers/promises';

import type { Database, Session, SqlRow } from '../database.ts';
import { RowReader } from './row-reader.ts';
import type { Table } from './rows.ts';
import { DamageFound, setRowAside, soundRows } from './set-aside.ts';

/** Rows that `readTable` reads before others have their turn. */
const readAtOnce = 256;

/** A database whose damaged rows are set aside where they are found, and the work tried again. */
export class SoundDatabase {
  readonly #database: Database;
  readonly #now: () => number;

  constructor(database: Database, now: () => number) {
    this.#database = database;
    this.#now = now;
  }

  read<Value>(work: (reader: RowReader, session: Session) => Promise<Value>): Promise<Value> {
    return this.#withoutDamage(() =>
      this.#database.read((session) => work(this.#reader(session), session)),
    );
  }

  write<Value>(
    scope: string,
    work: (reader: RowReader, session: Session) => Promise<Value>,
  ): Promise<Value> {
    return this.#withoutDamage(() =>
      this.#database.write(scope, (session) => work(this.#reader(session), session)),
    );
  }

  /** Reads a table's rows, each once. */
  async readTable(table: Table<unknown>): Promise<void> {
    const sql = `SELECT rowid, * FROM ${table.name} WHERE rowid > ? ORDER BY rowid LIMIT ?`;
    for (let last = 0; ;) {
      const rows: SqlRow[] = await this.#database.read((session) =>
        session.all(sql, [last, readAtOnce]),
      );
      if (rows.length === 0) return;
      last = rows.at(-1)!['rowid'] as number;
      try {
        soundRows(table, rows);
      } catch (error) {
        await this.#setAside(error);
      }
      await setImmediate();
    }
  }

  #reader(session: Session): RowReader {
    return new RowReader(session, this.#database.name);
  }

  async #withoutDamage<Value>(work: () => Promise<Value>): Promise<Value> {
    for (;;) {
      try {
        return await work();
      } catch (error) {
        await this.#setAside(error);
      }
    }
  }

  /** @throws Whatever the error is, unless rows are damaged. */
  async #setAside(error: unknown): Promise<void> {
    if (!(error instanceof DamageFound)) throw error;
    const now = this.#now();
    await this.#database.write('set aside', async (session) => {
      for (const row of error.rows) await setRowAside(session, row, now);
    });
  }
}
