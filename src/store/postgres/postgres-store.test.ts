import { Client } from 'pg';
import { afterAll, beforeAll, describe, expect, it } from 'vitest';

import {
  countUp,
  describeProfileStore,
  newAnswer,
  newProfile,
  owner,
} from '../../../test/support/profile-store-contract.ts';
import {
  startPostgres,
  withoutPostgres,
  type TestPostgres,
} from '../../../test/support/postgres.ts';
import { StoreError } from '../../spec/index.ts';
import { SqlProfileStore } from '../sql/sql-profile-store.ts';
import { PostgresDatabase } from './database.ts';

const now = () => 1000;

const openPostgresStore = async (options: { url: string; now: () => number }) =>
  new SqlProfileStore(await PostgresDatabase.open(options.url), options.now);

describe('the address of a Postgres', () => {
  it.each([
    'postgres://ann:s3cret@[::1',
    'postgres://',
    'postgres://ann:s3cret@h:99999/x',
    'http://ann:s3cret@h/x',
  ])('that cannot be read is refused without its password: %s', async (url) => {
    const error: unknown = await openPostgresStore({ url, now }).catch((thrown: unknown) => thrown);
    expect(error).toBeInstanceOf(Error);
    expect(String(error)).not.toContain('s3cret');
  });
});

describe.skipIf(withoutPostgres !== undefined)('Postgres', { tags: ['slow'] }, () => {
  let postgres: TestPostgres;
  beforeAll(async () => {
    postgres = await startPostgres();
  });
  afterAll(() => postgres[Symbol.asyncDispose]());

  describeProfileStore('Postgres', async (time) =>
    openPostgresStore({ url: await postgres.newDatabase(), now: time }),
  );

  it('is one store for several processes: no answer is lost or counted twice', async () => {
    const url = await postgres.newDatabase();
    // Both make the tables.
    const opened = await Promise.all([1, 2].map(() => openPostgresStore({ url, now })));
    await using first = opened[0]!;
    await using second = opened[1]!;
    await first.createProfile(newProfile);
    expect(await second.listProfiles(owner)).toHaveLength(1);
    const ids = Array.from({ length: 40 }, (_, i) => `a${i % 25}`);
    const receipts = await Promise.all(
      ids.map((id, i) => opened[i % 2]!.appendAnswer(owner, 'p1', newAnswer(id), countUp)),
    );
    expect(receipts.filter(({ isRepeated }) => !isRepeated)).toHaveLength(25);
    const { posterior, answersCount } = await second.getProfile(owner, 'p1');
    expect([posterior, answersCount]).toEqual([{ count: 25 }, 25]);
    const sequences = (await first.listAnswers(owner, 'p1')).map(({ sequence }) => sequence);
    expect(sequences).toEqual(Array.from({ length: 25 }, (_, i) => i + 1));
  });

  it('refuses what a later version wrote', async () => {
    const url = await postgres.newDatabase();
    await (await openPostgresStore({ url, now }))[Symbol.asyncDispose]();
    const client = new Client(url);
    await client.connect();
    await client.query('UPDATE trimtab.layout SET version = 99');
    await client.end();
    await expect(openPostgresStore({ url, now })).rejects.toMatchObject({ reason: 'newer' });
  });

  it.each([
    [(url: string) => url.replace('secret', 'wr0ng'), /password authentication failed/],
    [(url: string) => url.replace(/\w+$/, 'nothing_here'), /"nothing_here" does not exist/],
    [(url: string) => url.replace(/:\d+\//, ':1/'), /ECONNREFUSED/],
  ])('that cannot be had is said, without the password', async (change, words) => {
    const error: unknown = await openPostgresStore({ url: change(postgres.url), now }).catch(
      (thrown: unknown) => thrown,
    );
    expect(error).toBeInstanceOf(StoreError);
    expect(error).toMatchObject({ reason: 'unavailable', message: expect.stringMatching(words) });
    expect((error as StoreError).message).toMatch(/^postgres:\/\/trimtab@127\.0\.0\.1:\d+\/\w+: /);
    expect(JSON.stringify(error) + (error as Error).stack).not.toMatch(/secret|wr0ng/);
  });

  it('is gone on with after it was started again, and nothing that was acknowledged is lost', async () => {
    const url = await postgres.newDatabase();
    await using store = await openPostgresStore({ url, now });
    await store.createProfile(newProfile);
    await Promise.all(
      ['a1', 'a2'].map((id) => store.appendAnswer(owner, 'p1', newAnswer(id), countUp)),
    );
    await postgres.restart(async () => {
      const refused = store.appendAnswer(owner, 'p1', newAnswer('a3'), countUp);
      await expect(refused).rejects.toMatchObject({
        code: 'storage_failed',
        reason: 'unavailable',
      });
    });
    const listed = await store.listAnswers(owner, 'p1');
    expect(listed.map(({ id }) => id)).toEqual(['a1', 'a2']);
    // One that is asked while the database starts waits for it.
    const waited: Promise<unknown>[] = [];
    await postgres.restart(async () => {
      waited.push(store.appendAnswer(owner, 'p1', newAnswer('a3'), countUp));
    });
    await Promise.all(waited);
    expect((await store.getProfile(owner, 'p1')).posterior).toEqual({ count: 3 });
  });
});
