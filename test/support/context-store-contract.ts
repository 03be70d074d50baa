import { afterEach, beforeEach, describe, expect, it } from 'vitest';

import type { ContextStore, Store } from '../../src/store/index.ts';

const owner = 'key-of-ada';
const recipeHash = 'r1';

/** What every {@link ContextStore} does, wherever it keeps things. */
export function describeContextStore(
  where: string,
  open: (now: () => number) => Promise<Store>,
): void {
  describe(`contexts in ${where}`, () => {
    let opened: Store;
    let store: ContextStore;
    let time: number;

    beforeEach(async () => {
      time = 1000;
      opened = await open(() => time++);
      store = opened.contexts;
    });
    afterEach(() => opened[Symbol.asyncDispose]());

    const create = (id: string, of = owner, text = `The text of ${id}: é 漢字 🦜`) =>
      store.ofOwner(of, (session) =>
        store.create(session, of, { id, recipe: 'atlas', text, questions: ['Who?', 'a\0b'] }),
      );

    it('are as they were stored, each owner’s own', async () => {
      const made = await create('sheet');
      expect(made).toMatchObject({ owner, id: 'sheet', recipe: 'atlas', createdAt: 1000 });
      expect(made.questions).toEqual(['Who?', 'a\0b']);
      expect(made.text).toBe('The text of sheet: é 漢字 🦜');
      expect(made.hash).toMatch(/^[0-9a-f]{64}$/);
      expect(await store.find(owner, 'sheet')).toEqual(made);
      expect(await store.find('other', 'sheet')).toBeUndefined();
      const others = await create('sheet', 'other');
      expect(others.key).not.toBe(made.key);
      await expect(create('sheet')).rejects.toBeInstanceOf(Error);
    });

    it('are listed in their order, page by page, without their texts', async () => {
      for (const id of ['a', 'b', 'c']) await create(id);
      await create('d', 'other');
      const ids = async (after: string | undefined, order: 'asc' | 'desc') =>
        (await store.list(owner, { after, limit: 2, order })).map(({ id }) => id);
      expect(await ids(undefined, 'desc')).toEqual(['c', 'b']);
      expect(await ids('b', 'desc')).toEqual(['a']);
      expect(await ids('a', 'asc')).toEqual(['b', 'c']);
      expect(await ids('nobody’s', 'asc')).toEqual([]);
      const [first] = await store.list(owner, { limit: 1, order: 'asc' });
      expect(first).not.toHaveProperty('text');
      expect(first!.characters).toBe('The text of a: é 漢字 🦜'.length);
      expect((await store.all()).map(({ id }) => id)).toEqual(['a', 'b', 'c', 'd']);
      expect(await store.ofOwner(owner, (session) => store.usage(session, owner))).toEqual({
        contexts: 3,
        characters: 3 * first!.characters,
      });
    });

    it('go with all that was made for them', async () => {
      const { key } = await create('sheet');
      const kept = await create('kept');
      const product = {
        kind: 'notes',
        position: 0,
        recipeHash,
        passes: 3,
        content: { a: 1 },
      } as const;
      for (const of of [key, kept.key]) await store.addProduct(of, product);
      expect(await store.delete('other', 'sheet')).toBeUndefined();
      expect(await store.delete(owner, 'sheet')).toBe(key);
      expect(await store.delete(owner, 'sheet')).toBeUndefined();
      expect(await store.find(owner, 'sheet')).toBeUndefined();
      expect(await store.products(key)).toEqual([]);
      // What was in the making then is nothing.
      await store.addProduct(key, product);
      await store.count(key, { asks: 1 });
      expect(await store.products(key)).toEqual([]);
      expect(await store.products(kept.key)).toHaveLength(1);
      expect((await create('sheet')).key).not.toBe(key);
    });

    it('keep each product once, of whoever was first, and what others spent', async () => {
      const { key } = await create('sheet');
      const answer = (position: number, content: unknown, hash = recipeHash) =>
        store.addProduct(key, { kind: 'answer', position, recipeHash: hash, passes: 5, content });
      await Promise.all([answer(1, 'b'), answer(0, 'a'), answer(0, 'x', 'r0')]);
      await answer(0, 'late');
      const of = async (hash?: string) =>
        (await store.products(key, hash)).map(({ position, content }) => [position, content]);
      expect(await of(recipeHash)).toEqual([
        [0, 'a'],
        [1, 'b'],
      ]);
      expect(await of()).toHaveLength(3);
      expect((await store.find(owner, 'sheet'))!.use.spent).toBe(20);
      await store.dropOthers(key, recipeHash);
      expect(await of()).toEqual(await of(recipeHash));
    });

    it('count what becomes of them, whoever counts at once', async () => {
      const { key } = await create('sheet');
      const never = await create('never asked');
      const product = { kind: 'answer', recipeHash, passes: 1, content: 0 } as const;
      for (let position = 0; position < 3; position++) {
        await store.addProduct(key, { ...product, position });
        await store.addProduct(never.key, { ...product, position });
      }
      expect(await store.foresight(owner)).toEqual({ answers: 0, hits: 0 });
      const counts = Array.from({ length: 10 }, (_, i) => ({ asks: 1, hits: i % 2, accepted: i }));
      await Promise.all(counts.map((change) => store.count(key, change)));
      const { use } = (await store.find(owner, 'sheet'))!;
      expect(use).toMatchObject({ asks: 10, hits: 5, accepted: 45, drafted: 0, spent: 3 });
      expect(await store.foresight(owner)).toEqual({ answers: 3, hits: 5 });
      expect(await store.foresight('other')).toEqual({ answers: 0, hits: 0 });
    });
  });
}
