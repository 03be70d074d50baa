import { expect, it } from 'vitest';

import { OpenedLate } from './opened-late.ts';

function counted(failures: number) {
  const seen = { opened: 0, disposed: 0 };
  const late = new OpenedLate(async () => {
    await Promise.resolve();
    if (++seen.opened <= failures) throw new Error(`try ${seen.opened}`);
    return {
      [Symbol.asyncDispose]: async () => {
        seen.disposed++;
      },
    };
  });
  return { late, seen };
}

it('is opened once, when it is first needed, and disposed of once', async () => {
  const { late, seen } = counted(0);
  expect(seen.opened).toBe(0);
  const [one, other] = await Promise.all([late.get(), late.get()]);
  expect(other).toBe(one);
  await late[Symbol.asyncDispose]();
  expect(seen).toEqual({ opened: 1, disposed: 1 });
});

it('is opened again after all who waited were told that it failed', async () => {
  const { late, seen } = counted(1);
  const waiting = await Promise.allSettled([late.get(), late.get()]);
  expect(waiting.map(({ status }) => status)).toEqual(['rejected', 'rejected']);
  expect(await late.get()).toBe(await late.get());
  expect(seen.opened).toBe(2);
});

it('is not opened to be disposed of', async () => {
  const { late, seen } = counted(0);
  await late[Symbol.asyncDispose]();
  expect(seen).toEqual({ opened: 0, disposed: 0 });
});
