import { createHash } from 'node:crypto';

import { Pool, types, type PoolClient } from 'pg';

import { DisposedError } from '../../spec/index.ts';
import { pause } from '../../waiting/index.ts';
import type { Database, Session, SqlRow, SqlValue } from '../database.ts';
import { Turns } from '../turns.ts';
import { nameOfUrl } from './address.ts';
import { failureOf, postgresError, toPostgresError } from './failure.ts';
import { migratePostgres, schema } from './migrations.ts';

/** Connections that a process has at most, and milliseconds until one that was asked for counts as failed. */
const connections = 10;
const connectTimeoutMs = 5000;

/** Waits before a connection is tried again, in milliseconds: a restart of the database takes about so long. */
const retryDelaysMs: readonly number[] = [50, 200, 500, 1000, 2000, 2000];

/** A Postgres database, which other processes may have open, too. */
export class PostgresDatabase implements Database {
  readonly name: string;
  readonly isShared = true;
  readonly #pool: Pool;
  readonly #turns = new Turns();
  #isDisposed = false;

  private constructor(name: string, pool: Pool) {
    this.name = name;
    this.#pool = pool;
    // A connection that breaks while nobody uses it: the pool makes another when one is asked for.
    pool.on('error', () => {});
  }

  /** Opens it and brings it to this program's layout. @throws InvalidOptionError, StoreError */
  static async open(url: string): Promise<PostgresDatabase> {
    const name = nameOfUrl(url);
    const pool = new Pool({
      connectionString: url,
      max: connections,
      connectionTimeoutMillis: connectTimeoutMs,
      application_name: 'trimtab',
      types: { getTypeParser },
    });
    const database = new PostgresDatabase(name, pool);
    try {
      await database.#open();
      return database;
    } catch (error) {
      await database[Symbol.asyncDispose]();
      throw error;
    }
  }

  read<Value>(work: (session: Session) => Promise<Value>): Promise<Value> {
    return this.#within('BEGIN ISOLATION LEVEL REPEATABLE READ READ ONLY', work);
  }

  write<Value>(scope: string, work: (session: Session) => Promise<Value>): Promise<Value> {
    const lock = `SELECT pg_advisory_xact_lock(${lockOf(scope)})`;
    // Here one waits for the other without a connection.
    return this.#turns.take(scope, () => this.#within('BEGIN', work, lock));
  }

  async findDamage(): Promise<string | undefined> {
    return undefined; // Postgres checks its own pages.
  }

  /** What the database keeps of deleted rows until its vacuum, and in its logs, is its keepers'. */
  async forget(): Promise<void> {}

  async [Symbol.asyncDispose](): Promise<void> {
    if (this.#isDisposed) return;
    this.#isDisposed = true;
    await this.#turns.ended();
    await this.#pool.end();
  }

  async #open(): Promise<void> {
    const client = await this.#connect('SELECT 1');
    try {
      const { rows } = await client.query<{ server_encoding: string }>('SHOW server_encoding');
      if (rows[0]?.server_encoding !== 'UTF8') {
        const what = `its encoding is ${rows[0]?.server_encoding}, and texts need UTF8`;
        throw postgresError('other', this.name, what);
      }
      await migratePostgres(client, this.name);
    } catch (error) {
      throw toPostgresError(error, this.name, 'Opening it');
    } finally {
      client.release();
    }
  }

  async #within<Value>(
    begin: string,
    work: (session: Session) => Promise<Value>,
    then = 'SELECT 1',
  ): Promise<Value> {
    const client = await this.#connect(`${begin}; SET LOCAL search_path TO ${schema}; ${then}`);
    let broken: unknown;
    try {
      const value = await work(this.#session(client));
      await this.#query(client, 'COMMIT');
      return value;
    } catch (error) {
      await client.query('ROLLBACK').catch((lost: unknown) => {
        broken = lost;
      });
      throw error;
    } finally {
      client.release(broken !== undefined);
    }
  }

  /**
   * A connection on which these statements have succeeded. Tried again for some seconds where a database that is starting
   * again would end the failure, also of a connection that the pool thought alive: nothing has been done yet.
   */
  async #connect(statements: string, delaysMs = retryDelaysMs): Promise<PoolClient> {
    if (this.#isDisposed) throw new DisposedError('The store was disposed of.');
    let client: PoolClient | undefined;
    try {
      client = await this.#pool.connect();
      await client.query(statements);
      return client;
    } catch (error) {
      client?.release(true);
      const [delayMs, ...later] = delaysMs;
      if (delayMs === undefined || !isPassing(error)) {
        throw toPostgresError(error, this.name, 'Connecting');
      }
      await pause(delayMs);
      return this.#connect(statements, later);
    }
  }

  #session(client: PoolClient): Session {
    const rows = async (sql: string, values: readonly SqlValue[] = []) =>
      (await this.#query(client, sql, values)).rows as SqlRow[];
    return {
      run: async (sql, values) => (await this.#query(client, sql, values)).rowCount ?? 0,
      all: rows,
      get: async (sql, values) => (await rows(sql, values))[0],
    };
  }

  async #query(client: PoolClient, sql: string, values: readonly SqlValue[] = []) {
    try {
      return await client.query(numbered(sql), values.map(toParameter));
    } catch (error) {
      throw toPostgresError(error, this.name, sql.trim().split(/\s+/, 3).join(' '));
    }
  }
}

/** Whether a database that is starting again would end it: a wrong password or name stays. */
function isPassing(error: unknown): boolean {
  const { code = '' } = error as { code?: string };
  return failureOf(error) === 'unavailable' && !/^(?:28|3D|ENOTFOUND)/.test(code);
}

/** `?` becomes `$1`, `$2`, … */
function numbered(sql: string): string {
  let count = 0;
  return sql.replaceAll('?', () => `$${++count}`);
}

function toParameter(value: SqlValue): SqlValue | Buffer {
  return value instanceof Uint8Array
    ? Buffer.from(value.buffer, value.byteOffset, value.byteLength)
    : value;
}

/** Numbers as numbers: ours are below 2^53. */
const getTypeParser: typeof types.getTypeParser = ((oid: number, format?: 'text') =>
  oid === (types.builtins.INT8 as number)
    ? Number
    : types.getTypeParser(oid, format)) as typeof types.getTypeParser;

/** The key of a lock by its name: a 64-bit number. */
function lockOf(scope: string): bigint {
  return createHash('sha256').update(`${schema}\n${scope}`).digest().readBigInt64BE();
}
