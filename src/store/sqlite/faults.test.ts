import fs from 'node:fs';
import { syncBuiltinESMExports } from 'node:module';
import { tmpdir } from 'node:os';
import path from 'node:path';

import sqlite from 'node-sqlite3-wasm';
import { afterEach, beforeEach, describe, expect, it, vi } from 'vitest';

import {
  countUp,
  newAnswer,
  newProfile,
  owner,
} from '../../../test/support/profile-store-contract.ts';
import { ProfileNotFoundError, StoreError, type StoreFailure } from '../../spec/index.ts';
import { openSqliteStore } from './open-store.ts';

let folder: string;
let file: string;

beforeEach(() => {
  folder = fs.mkdtempSync(path.join(tmpdir(), 'trimtab-test-'));
  file = path.join(folder, 'data', 'trimtab.db');
});
afterEach(() => {
  mendDisk();
  fs.rmSync(folder, { recursive: true });
});

const open = () => openSqliteStore({ file, now: () => 7000 });

/** A store with the profiles p1 and p2, and two answers in p1. */
async function filledStore() {
  const store = await open();
  await store.createProfile(newProfile);
  await store.createProfile({ ...newProfile, id: 'p2' });
  for (const id of ['a1', 'a2']) await store.appendAnswer(owner, 'p1', newAnswer(id), countUp);
  return store;
}

/** Closes the store, lets SQL loose on its file, and opens it again. */
async function tamperedStore(sql: string) {
  await using before = await filledStore();
  await before[Symbol.asyncDispose]();
  const database = new sqlite.Database(file);
  database.exec('PRAGMA locking_mode = EXCLUSIVE; PRAGMA ignore_check_constraints = ON');
  database.exec(sql);
  database.close();
  return open();
}

async function failure(promise: Promise<unknown>): Promise<StoreError> {
  const error: unknown = await promise.then(
    () => undefined,
    (thrown: unknown) => thrown,
  );
  expect(error).toBeInstanceOf(StoreError);
  return error as StoreError;
}

/** Every call of the file system that writes fails from now on. */
function failWrites(code: string): void {
  const fail = (): never => {
    throw Object.assign(new Error(`${code}: injected`), { code });
  };
  for (const call of ['writeSync', 'fsyncSync', 'linkSync'] as const) {
    vi.spyOn(fs, call).mockImplementation(fail);
  }
  syncBuiltinESMExports();
}

function mendDisk(): void {
  vi.restoreAllMocks();
  syncBuiltinESMExports();
}

describe('a damaged row', () => {
  it('of an answer is set aside and named; the rest goes on', async () => {
    await using store = await tamperedStore(
      "UPDATE answers SET content = replace(content, 'Tall.', 'Wide.') WHERE id = 'a1'",
    );
    expect((await store.listAnswers(owner, 'p1')).map(({ id }) => id)).toEqual(['a2']);
    expect(await store.setAside()).toEqual([
      {
        table: 'answers',
        key: { owner, profile_id: 'p1', sequence: 1, id: 'a1' },
        reason: 'its checksum does not match',
        setAsideAt: 7000,
      },
    ]);
    expect((await store.getProfile(owner, 'p1')).answersCount).toBe(1);
    const { answer } = await store.appendAnswer(owner, 'p1', newAnswer('a3'), countUp);
    expect(answer.sequence).toBe(3);
  });

  it('of a profile is set aside with all that is its, until it is deleted', async () => {
    await using store = await tamperedStore("UPDATE profiles SET content = '{' WHERE id = 'p1'");
    expect((await store.listProfiles(owner)).map(({ id }) => id)).toEqual(['p2']);
    const tables = (await store.setAside()).map(({ table }) => table);
    expect(tables).toEqual(['answers', 'answers', 'profiles']);
    for (const call of [
      () => store.getProfile(owner, 'p1'),
      () => store.appendAnswer(owner, 'p1', newAnswer('a3'), countUp),
      () => store.createProfile(newProfile),
    ]) {
      const error = await failure(call());
      expect(error.reason).toBe('corrupt');
      expect(error.message).toMatch(
        /profile p1 was damaged .*its checksum does not match.*set aside/,
      );
    }
    const foreign = store.getProfile('key-of-bob', 'p1');
    await expect(foreign).rejects.toBeInstanceOf(ProfileNotFoundError);
    await store.deleteProfile(owner, 'p1');
    expect(await store.setAside()).toEqual([]);
    expect((await store.createProfile(newProfile)).answersCount).toBe(0);
  });

  it('that came to another owner is nobody’s', async () => {
    await using store = await tamperedStore(
      "PRAGMA foreign_keys = OFF; UPDATE profiles SET owner = 'key-of-bob' WHERE id = 'p2'",
    );
    expect(await store.listProfiles('key-of-bob')).toEqual([]);
    expect((await store.setAside())[0]).toMatchObject({ key: { owner: 'key-of-bob', id: 'p2' } });
  });

  it('that nobody reads is found by verify, wherever it is', async () => {
    await using store = await tamperedStore(
      "UPDATE answers SET sequence = 9 WHERE id = 'a2'; UPDATE profiles SET checksum = '' WHERE id = 'p2'",
    );
    const found = (await store.verify()).map(({ table, key }) => [table, key['id']]);
    expect(found).toEqual([
      ['profiles', 'p2'],
      ['answers', 'a2'],
    ]);
    expect(await store.verify()).toEqual(await store.setAside());
  });

  it('of a shape that a fault of the program wrote is set aside, too', async () => {
    await using store = await filledStore();
    // The content is made into JSON first; then it is part of what the checksum is of.
    vi.spyOn(JSON, 'stringify').mockImplementationOnce(() => '{"name":5}');
    const created = store.createProfile({ ...newProfile, id: 'p3' });
    expect((await failure(created)).message).toMatch(/its content has another shape/);
    expect(await store.listProfiles(owner)).toHaveLength(2);
  });
});

describe('a damaged file', () => {
  it.each<[string, StoreFailure, string]>([
    ['is no database', 'corrupt', 'These are words of a letter, not a database.\n'.repeat(500)],
  ])('that %s is refused and left as it is', async (_, reason, content) => {
    fs.mkdirSync(path.dirname(file));
    fs.writeFileSync(file, content);
    const error = await failure(open());
    expect(error.reason).toBe(reason);
    expect(error.message).toContain(file);
    expect(error.message).toMatch(/move it away to begin a new one/);
    expect(fs.readFileSync(file, 'utf8')).toBe(content);
  });

  it('whose pages are overwritten is said to be corrupt', async () => {
    await (await filledStore())[Symbol.asyncDispose]();
    const descriptor = fs.openSync(file, 'r+');
    const { size } = fs.fstatSync(descriptor);
    for (let at = 4096; at < size; at += 4096) {
      fs.writeSync(descriptor, Buffer.alloc(64, 0xa5), 0, 64, at);
    }
    fs.closeSync(descriptor);
    const verify = async () => {
      await using store = await open();
      return await store.verify();
    };
    const error = await failure(verify());
    expect(error.reason).toBe('corrupt');
  });

  it("that is another program's, or a later version's, is refused", async () => {
    fs.mkdirSync(path.dirname(file));
    const other = new sqlite.Database(file);
    other.exec('CREATE TABLE notes (text TEXT)');
    other.close();
    expect((await failure(open())).message).toMatch(/database of another program/);
    fs.rmSync(file);
    await (await open())[Symbol.asyncDispose]();
    const later = new sqlite.Database(file);
    later.exec('PRAGMA locking_mode = EXCLUSIVE; PRAGMA user_version = 99');
    later.close();
    const error = await failure(open());
    expect(error.reason).toBe('newer');
    expect(error.message).toMatch(/layout is version 99, and this program knows \d+/);
  });
});

describe('a disk that cannot be written', () => {
  it.each<[string, StoreFailure, RegExp]>([
    ['ENOSPC', 'full', /disk is full: free some space/],
    ['EDQUOT', 'full', /disk is full: free some space/],
    ['EROFS', 'read-only', /TRIMTAB_DATA_DIR/],
    ['EIO', 'other', /health of its disk/],
  ])(
    'with %s fails writes as %s; reads go on, and writes after it',
    async (code, reason, remedy) => {
      await using store = await filledStore();
      const before = await store.exportProfile(owner, 'p1');
      failWrites(code);
      const answered = store.appendAnswer(owner, 'p1', newAnswer('a3'), countUp);
      const error = await failure(answered);
      expect(error.reason).toBe(reason);
      expect(error.message).toContain(file);
      expect(error.message).toMatch(remedy);
      expect(await store.exportProfile(owner, 'p1')).toEqual(before);
      expect((await failure(store.deleteProfile(owner, 'p1'))).reason).toBe(reason);
      mendDisk();
      const { answer } = await store.appendAnswer(owner, 'p1', newAnswer('a3'), countUp);
      expect(answer.sequence).toBe(3);
      expect(await store.verify()).toEqual([]);
      await store[Symbol.asyncDispose]();
      await using reopened = await open();
      expect(await reopened.listAnswers(owner, 'p1')).toHaveLength(3);
    },
  );

  it('is said when the store is opened, and leaves nothing that hinders the next', async () => {
    await (await filledStore())[Symbol.asyncDispose]();
    failWrites('EROFS');
    expect((await failure(open())).reason).toBe('read-only');
    mendDisk();
    await using store = await open();
    expect(await store.listProfiles(owner)).toHaveLength(2);
  });
});

describe('the files', () => {
  it('are for their owner alone', async () => {
    await using store = await filledStore();
    expect(fs.statSync(path.dirname(file)).mode & 0o777).toBe(0o700);
    for (const name of fs.readdirSync(path.dirname(file))) {
      if (name.endsWith('.lock')) continue; // SQLite's lock: an empty folder.
      expect([name, fs.statSync(path.join(path.dirname(file), name)).mode & 0o777]).toEqual([
        name,
        0o600,
      ]);
    }
    expect(await store.setAside()).toEqual([]);
  });

  it('hold nothing of a deleted profile, also while the store is open', async () => {
    await using store = await filledStore();
    const secret = 'a most particular secret';
    const long = `${secret} `.repeat(2000);
    await store.createProfile({ ...newProfile, id: 'p3', name: secret });
    const answer = newAnswer('a1', { prompt: secret, first: long });
    await store.appendAnswer(owner, 'p3', answer, () => ({ secret }));
    expect(occurrences(secret)).toBeGreaterThan(0);
    await store.deleteProfile(owner, 'p3');
    expect(occurrences(secret)).toBe(0);
    await store[Symbol.asyncDispose]();
    expect(occurrences(secret)).toBe(0);
  });

  it('hold nothing either of one that was set aside and then deleted', async () => {
    await using store = await tamperedStore("UPDATE profiles SET checksum = '' WHERE id = 'p1'");
    expect(await store.verify()).toHaveLength(3);
    expect(occurrences('including its aerial')).toBeGreaterThan(0);
    await store.deleteProfile(owner, 'p1');
    expect(occurrences('including its aerial')).toBe(0);
  });

  function occurrences(text: string): number {
    const within = path.dirname(file);
    const files = fs.readdirSync(within).filter((name) => !name.endsWith('.lock'));
    const bytes = files.map((name) => fs.readFileSync(path.join(within, name)));
    return bytes.filter((content) => content.includes(text)).length;
  }

  it('are kept from a second store until the first one is closed', async () => {
    const first = await filledStore();
    const error = await failure(open());
    expect(error.reason).toBe('locked');
    expect(error.message).toMatch(/this process uses it/);
    await first[Symbol.asyncDispose]();
    await using second = await open();
    expect(await second.listAnswers(owner, 'p1')).toHaveLength(2);
    // The late end of the first takes nothing from the second.
    await first[Symbol.asyncDispose]();
    expect((await failure(open())).reason).toBe('locked');
  });

  it('are free after a process that died, or whose id another has now', async () => {
    await (await filledStore())[Symbol.asyncDispose]();
    const claims = fs.readdirSync(path.dirname(file)).filter((name) => name.includes('.owner.'));
    expect(claims).toHaveLength(1);
    for (const owned of [
      { pid: 2 ** 30, start: 'b/1' },
      { pid: process.pid, start: 'b/1' },
    ]) {
      fs.writeFileSync(`${file}.owner.50`, JSON.stringify(owned));
      fs.mkdirSync(`${file}.lock`, { recursive: true });
      await using store = await open();
      expect(await store.listProfiles(owner)).toHaveLength(2);
      await store[Symbol.asyncDispose]();
      fs.rmSync(`${file}.owner.51`);
    }
  });
});
