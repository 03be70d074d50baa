import { afterEach, beforeEach, describe, expect, it } from 'vitest';

import type { BatchStore, ItemLease, Store } from '../../src/store/index.ts';

const endpoint = '/v1/chat/completions';
const owner = 'key-of-ada';
const done = (line: string) => ({ isError: false, line });

/** What every {@link BatchStore} does, wherever it keeps things. */
export function describeBatchStore(
  where: string,
  open: (now: () => number) => Promise<Store>,
): void {
  describe(`batches in ${where}`, () => {
    let opened: Store;
    let store: BatchStore;
    let time: number;

    beforeEach(async () => {
      time = 1000;
      opened = await open(() => time);
      store = opened.batches;
    });
    afterEach(() => opened[Symbol.asyncDispose]());

    /** A batch whose items may be answered. */
    async function batchOf(count: number, of = owner): Promise<string> {
      const given = { endpoint, inputFileId: 'file-1', metadata: null, outputKeptMs: 5000 };
      const batch = { ...given, expiresAt: 1e12 };
      const { id } = await store.ofOwner(of, (session) => store.create(session, of, batch));
      const worker = await store.join();
      expect((await store.takeDuty(worker))?.id).toBe(id);
      const items = Array.from({ length: count }, (_, i) => ({ customId: `c${i}`, request: '{}' }));
      await store.addItems(worker, id, 0, items);
      await store.begin(worker, id);
      await store.dismiss(worker);
      return id;
    }

    const leaseAll = async (worker: string, most = Infinity): Promise<ItemLease[]> => {
      const leases: ItemLease[] = [];
      while (leases.length < most) {
        const lease = await store.lease(worker);
        if (lease === undefined) break;
        leases.push(lease);
      }
      return leases;
    };

    it('give each item to one worker, however many ask at once', async () => {
      await batchOf(12);
      const workers = await Promise.all([1, 2, 3].map(() => store.join()));
      const leases = (await Promise.all(workers.map((worker) => leaseAll(worker)))).flat();
      const positions = leases.map(({ position }) => position).toSorted((a, b) => a - b);
      expect(positions).toEqual(Array.from({ length: 12 }, (_, i) => i));
    });

    it('keep an answer once, and none of a worker that was given up (fault 39)', async () => {
      const id = await batchOf(2);
      const [late, other] = [await store.join(), await store.join()];
      const [first, second] = await leaseAll(late);
      expect(await store.settle(second!, done('"late, in time"'))).toBe(true);
      expect(await store.settle(second!, done('"twice"'))).toBe(false);
      // It says nothing for long: another takes what it had.
      const beats = (await store.beat(late))!.get(late)!;
      expect(await store.dismiss(late, beats - 1)).toBe(false); // it has beaten since
      expect(await store.dismiss(late, beats)).toBe(true);
      const [again] = await leaseAll(other);
      expect(again).toMatchObject({ position: first!.position, attempt: 2 });
      // It wakes up: whatever it has is refused.
      expect(await store.beat(late)).toBeUndefined();
      expect(await store.lease(late)).toBeUndefined();
      expect(await store.settle(first!, done('"late"'))).toBe(false);
      await store.release(first!, true);
      expect(await store.leasedTo(other)).toHaveLength(1);
      expect(await store.settle(again!, done('"other"'))).toBe(true);
      expect(await store.settle(first!, done('"later"'))).toBe(false);
      const lines = (await store.items(id, 0, 10)).map(({ line }) => line);
      expect(lines).toEqual(['"other"', '"late, in time"']);
    });

    it('do not run an item again because a clock jumps (fault 38)', async () => {
      await batchOf(1);
      const [one, two] = [await store.join(), await store.join()];
      const [lease] = await leaseAll(one);
      for (const jump of [1e9, -1e9, 5e9]) {
        time += jump;
        await store.beat(two);
        expect(await leaseAll(two)).toEqual([]);
      }
      expect(await store.settle(lease!, done('"x"'))).toBe(true);
    });

    it('are shared among owners: who has fewer leased items is next', async () => {
      await batchOf(6, 'key-of-bob');
      time += 1;
      await batchOf(2, 'key-of-eve');
      const leases = await leaseAll(await store.join(), 5);
      const owners = leases.map((lease) => lease.owner.slice(7));
      expect(owners.toSorted()).toEqual(['bob', 'bob', 'bob', 'eve', 'eve']);
      expect(owners.slice(0, 2).toSorted()).toEqual(['bob', 'eve']);
    });

    it('end once, and show their files then and not before', async () => {
      const id = await batchOf(1);
      const [one, two] = [await store.join(), await store.join()];
      const [lease] = await leaseAll(one);
      expect(await store.takeDuty(one)).toBeUndefined();
      await store.settle(lease!, done('"x"'));
      expect((await store.takeDuty(one))?.status).toBe('finalizing');
      expect(await store.takeDuty(two)).toBeUndefined(); // it is one's
      const half = store.files.begin();
      await half.write(Buffer.from('"x"\n'));
      await half.flush();
      expect(await store.files.list(owner, { limit: 9, order: 'asc' })).toEqual([]);
      expect(await store.files.find(owner, half.id)).toBeUndefined();
      await store.dismiss(one); // it dies
      expect((await store.takeDuty(two))?.status).toBe('finalizing');
      const whole = store.files.begin();
      await whole.write(Buffer.from('"x"\n'));
      await whole.flush();
      const counts = { total: 1, completed: 1, failed: 0 };
      await store.end(two, id, { output: whole, errors: null }, counts);
      const late = store.end(one, id, { output: half, errors: null }, counts);
      await expect(late).rejects.toThrow(/no longer this worker/);
      expect(await store.find(owner, id)).toMatchObject({
        status: 'completed',
        outputFileId: whole.id,
        counts,
      });
      const files = await store.files.list(owner, { limit: 9, order: 'asc' });
      expect(files.map((file) => file.id)).toEqual([whole.id]);
    });

    it('are taken away once their time is over, and their files once theirs is', async () => {
      const id = await batchOf(1);
      const worker = await store.join();
      const [lease] = await leaseAll(worker);
      expect(await store.countAllOpen()).toEqual({ batches: 1, items: 1 });
      await store.settle(lease!, done('"x"'));
      await store.takeDuty(worker);
      const output = store.files.begin();
      await output.write(Buffer.from('"x"\n'.repeat(200_000))); // several chunks
      await output.flush();
      const counts = { total: 1, completed: 1, failed: 0 };
      await store.end(worker, id, { output, errors: null }, counts); // at 1000; its files are kept 5000
      const kept = store.files.begin();
      await kept.write(Buffer.from('x'));
      await kept.flush();
      const forever = { filename: 'k', purpose: 'batch', keptMs: null } as const;
      await store.ofOwner(owner, (session) => store.files.publish(session, owner, kept, forever));
      const files = async () =>
        (await store.files.list(owner, { limit: 9, order: 'asc' })).map((file) => file.id);
      expect((await store.files.find(owner, output.id))!.expiresAt).toBe(6000);
      expect(await store.countAllOpen()).toEqual({ batches: 0, items: 0 });
      const going = await batchOf(1, 'key-of-bob');
      time = 5999;
      await store.deleteExpired(9000);
      expect(await files()).toHaveLength(2);
      time = 6000;
      await store.deleteExpired(9000);
      expect(await files()).toEqual([kept.id]);
      await expect(store.files.read(output.id, 0, 9).next()).rejects.toThrow(/was deleted/);
      expect(await store.find(owner, id)).toBeDefined();
      time = 10_000;
      await store.deleteExpired(9000);
      expect(await store.find(owner, id)).toBeUndefined();
      expect(await store.find('key-of-bob', going)).toBeDefined(); // it has not ended
    });

    it('are cancelled in the middle of whatever is done for them', async () => {
      const id = await batchOf(3);
      const worker = await store.join();
      const [lease] = await leaseAll(worker, 1);
      expect(await store.cancel('key-of-eve', id)).toBeUndefined();
      expect((await store.cancel(owner, id))!.status).toBe('cancelling');
      expect(await store.settle(lease!, done('"x"'))).toBe(false);
      expect(await leaseAll(worker)).toEqual([]);
      expect((await store.takeDuty(worker))?.status).toBe('cancelling');
      expect((await store.cancel(owner, id))!.status).toBe('cancelling');
      const none = { output: null, errors: null };
      await store.end(worker, id, none, { total: 3, completed: 0, failed: 3 });
      expect((await store.find(owner, id))!.status).toBe('cancelled');
    });
  });
}
