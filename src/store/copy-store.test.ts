import { existsSync } from 'node:fs';
import path from 'node:path';

import { afterAll, beforeAll, describe, expect, it } from 'vitest';

import {
  countUp,
  newAnswer,
  newProfile,
  owner,
} from '../../test/support/profile-store-contract.ts';
import { startPostgres, withoutPostgres, type TestPostgres } from '../../test/support/postgres.ts';
import { temporaryFolder } from '../../test/support/random-models.ts';
import { copyStore, type CopyProgress } from './copy-store.ts';
import { openStore } from './open-store.ts';

const now = () => 1000;

/** A store with something of everything, more than a page of answers among it. */
async function fill(place: string): Promise<unknown> {
  await using store = await openStore({ place, now });
  const { profiles } = store;
  await profiles.putBasis('b1', { directions: [[1, 0.5]] });
  for (const id of ['p2', 'p1']) await profiles.createProfile({ ...newProfile, id });
  for (let i = 0; i < 300; i++) {
    const first = i === 7 ? '\0 \ud800 é 漢字 🦜' : `Answer ${i}.`;
    await profiles.appendAnswer(owner, 'p1', newAnswer(`a${i}`, { first }), countUp);
  }
  const { outcome: _, ...texts } = newAnswer('');
  await profiles.addQuestions(
    owner,
    'p2',
    ['q2', 'q1'].map((id) => ({ ...texts, id })),
  );
  const { contexts } = store;
  const sheet = { id: 'sheet', recipe: 'r', text: 'é 漢字', questions: ['Who?'] };
  const { key } = await contexts.ofOwner(owner, (session) =>
    contexts.create(session, owner, sheet),
  );
  await contexts.addProduct(key, {
    kind: 'notes',
    position: 0,
    recipeHash: 'h',
    passes: 2,
    content: {},
  });
  return await contentOf(place, store);
}

async function contentOf(
  place: string,
  opened?: Awaited<ReturnType<typeof openStore>>,
): Promise<unknown> {
  if (opened === undefined) {
    await using store = await openStore({ place, now });
    return await contentOf(place, store);
  }
  const { profiles, contexts } = opened;
  const listed = await profiles.listProfiles(owner);
  const exports = await Promise.all(listed.map(({ id }) => profiles.exportProfile(owner, id)));
  const context = await contexts.find(owner, 'sheet');
  return {
    listed,
    exports,
    basis: await profiles.getBasis('b1'),
    aside: await profiles.verify(),
    context,
    products: context && (await contexts.products(context.key)),
  };
}

describe('a store that is copied', () => {
  it('to another file is the same there, and goes nowhere where something is', async () => {
    await using folder = await temporaryFolder();
    const [from, to] = ['a.db', 'b.db'].map((name) => path.join(folder.path, name)) as [
      string,
      string,
    ];
    const content = await fill(from);
    const seen: CopyProgress[] = [];
    expect(await copyStore({ from, to, now, onProgress: (p) => seen.push(p) })).toBe(307);
    expect(await contentOf(to)).toEqual(content);
    expect(seen.at(-1)).toMatchObject({ done: 307, of: 307 });
    expect(seen.length).toBeGreaterThan(3);
    const again = copyStore({ from, to, now });
    await expect(again).rejects.toMatchObject({
      option: 'to',
      message: /not empty: it has 307 rows/,
    });
    expect(await copyStore({ from, to, now, replaces: true })).toBe(307);
    expect(await contentOf(to)).toEqual(content);
  });

  it('and interrupted leaves the other as it was', async () => {
    await using folder = await temporaryFolder();
    const [from, to] = ['a.db', 'b.db'].map((name) => path.join(folder.path, name)) as [
      string,
      string,
    ];
    await fill(from);
    const ending = new AbortController();
    const onProgress = ({ done }: CopyProgress) => {
      if (done > 100) ending.abort(new Error('enough'));
    };
    const copied = copyStore({ from, to, now, onProgress, signal: ending.signal });
    await expect(copied).rejects.toThrow('enough');
    expect(await contentOf(to)).toMatchObject({ listed: [], basis: null });
  });

  it('to itself is refused', async () => {
    await using folder = await temporaryFolder();
    const from = path.join(folder.path, 'a.db');
    await fill(from);
    await expect(copyStore({ from, to: from, now })).rejects.toMatchObject({ reason: 'locked' });
    expect(existsSync(from)).toBe(true);
  });
});

describe.skipIf(withoutPostgres !== undefined)('Postgres', { tags: ['slow'] }, () => {
  let postgres: TestPostgres;
  beforeAll(async () => {
    postgres = await startPostgres();
  });
  afterAll(() => postgres[Symbol.asyncDispose]());

  it('has all of a file that was copied there, and gives it back', async () => {
    await using folder = await temporaryFolder();
    const [file, back] = ['a.db', 'b.db'].map((name) => path.join(folder.path, name)) as [
      string,
      string,
    ];
    const content = await fill(file);
    await copyStore({ from: file, to: postgres.url, now });
    expect(await contentOf(postgres.url)).toEqual(content);
    await copyStore({ from: postgres.url, to: back, now });
    expect(await contentOf(back)).toEqual(content);
    await expect(copyStore({ from: file, to: postgres.url, now })).rejects.toMatchObject({
      option: 'to',
    });
    const same = copyStore({ from: postgres.url, to: postgres.url, now });
    await expect(same).rejects.toMatchObject({ option: 'to', message: /name another place/ });
    await using store = await openStore({ place: postgres.url, now });
    expect(
      (await store.profiles.appendAnswer(owner, 'p1', newAnswer('new'), countUp)).answer.sequence,
    ).toBe(301);
  });
});
