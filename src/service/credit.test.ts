import { describe, expect, it } from 'vitest';

import { Credit } from './credit.ts';

const never = new AbortController().signal;

/** Whether a promise has settled by the next turn of the event loop. */
async function hasSettled(promise: Promise<unknown>): Promise<boolean> {
  let isSettled = false;
  const settle = () => (isSettled = true);
  promise.then(settle, settle);
  await new Promise((resolve) => setImmediate(resolve));
  return isSettled;
}

describe('Credit', () => {
  it('lets so much pass as was given, and then makes the sender wait', async () => {
    const credit = new Credit(never);
    credit.give(2);
    for (const isFree of [true, true, false]) expect(await hasSettled(credit.take())).toBe(isFree);
    credit.give(1); // for the one that waits
    await hasSettled(Promise.resolve());
    expect(await hasSettled(credit.wait())).toBe(false);
  });

  it('is waited for without being taken', async () => {
    const credit = new Credit(never);
    const waiting = credit.wait();
    expect(await hasSettled(waiting)).toBe(false);
    credit.give(1);
    expect(await hasSettled(waiting)).toBe(true);
    expect(await hasSettled(credit.wait())).toBe(true);
    expect(await hasSettled(credit.take())).toBe(true);
    expect(await hasSettled(credit.wait())).toBe(false);
  });

  it('adds up', async () => {
    const credit = new Credit(never);
    credit.give(1);
    credit.give(2);
    for (let i = 0; i < 3; i++) await credit.take();
    expect(await hasSettled(credit.wait())).toBe(false);
  });

  it('knows whether there ever was a reader', () => {
    const credit = new Credit(never);
    expect(credit.wasGiven).toBe(false);
    credit.give(1);
    expect(credit.wasGiven).toBe(true);
  });

  it('is no longer waited for when the signal aborts', async () => {
    const controller = new AbortController();
    const credit = new Credit(controller.signal);
    const waiting = credit.take();
    controller.abort(new Error('gone'));
    await expect(waiting).rejects.toThrow('gone');
  });
});
