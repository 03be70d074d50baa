import { describe, expect, it } from 'vitest';

import { DisposedError, StoreError } from '../../spec/index.ts';
import { SqliteDatabase } from './database.ts';

function createDatabase(): SqliteDatabase {
  const database = new SqliteDatabase(':memory:');
  database.exec('CREATE TABLE words (word TEXT PRIMARY KEY) STRICT');
  return database;
}

const add = (database: SqliteDatabase, word: string) =>
  database.run('INSERT INTO words (word) VALUES (?)', [word]);

const words = (database: SqliteDatabase) =>
  database.all('SELECT word FROM words ORDER BY word').map(({ word }) => word);

describe('a transaction', () => {
  it('writes all or nothing, whatever ends it, and another may follow', () => {
    using database = createDatabase();
    const interrupted = () =>
      database.transaction(() => {
        add(database, 'a');
        throw new RangeError('enough');
      });
    expect(interrupted).toThrow(new RangeError('enough'));
    const refused = () =>
      database.transaction(() => {
        add(database, 'b');
        add(database, 'b');
      });
    expect(refused).toThrow(StoreError);
    expect(words(database)).toEqual([]);
    expect(database.transaction(() => add(database, 'c'))).toBe(1);
    expect(words(database)).toEqual(['c']);
  });

  it('that outgrows what the database may hold says that it is full', () => {
    using database = createDatabase();
    database.exec('PRAGMA max_page_count = 4');
    const grow = () => database.transaction(() => add(database, 'x'.repeat(100_000)));
    expect(grow).toThrow(expect.objectContaining({ code: 'storage_failed', reason: 'full' }));
    expect(grow).toThrow(/^:memory:: INSERT INTO words failed: database or disk is full\. /);
    expect(add(database, 'y')).toBe(1);
  });

  it('of a read-only connection says that it is read-only', () => {
    using database = createDatabase();
    database.exec('PRAGMA query_only = ON');
    const write = () => add(database, 'x');
    expect(write).toThrow(expect.objectContaining({ reason: 'read-only' }));
    expect(words(database)).toEqual([]);
  });
});

describe('values', () => {
  it('are bound, never read as SQL', () => {
    using database = createDatabase();
    const word = `'); DROP TABLE words; --`;
    add(database, word);
    expect(words(database)).toEqual([word]);
  });
});

describe('a closed database', () => {
  it('says so', () => {
    const database = createDatabase();
    database[Symbol.dispose]();
    database[Symbol.dispose]();
    expect(() => words(database)).toThrow(DisposedError);
  });
});
