import { describe, expect, it } from 'vitest';

import { ChunkQueue } from './chunk-queue.ts';

const ignore = (): void => {};

async function readAll(queue: ChunkQueue<number>): Promise<number[]> {
  const values: number[] = [];
  for await (const value of queue.read()) values.push(value);
  return values;
}

function pushMany(queue: ChunkQueue<number>, count: number): void {
  for (let i = 0; i < count; i++) queue.push(i);
}

describe('ChunkQueue', () => {
  it('gives what was pushed, in order, before and while it is read, and ends', async () => {
    const queue = new ChunkQueue<number>(ignore);
    pushMany(queue, 3);
    const reading = readAll(queue);
    await Promise.resolve();
    queue.push(3);
    await new Promise((resolve) => setImmediate(resolve));
    queue.push(4);
    queue.close();
    expect(await reading).toEqual([0, 1, 2, 3, 4]);
  });

  it('gives everything before the error', async () => {
    const queue = new ChunkQueue<number>(ignore);
    pushMany(queue, 2);
    const failure = new Error('why');
    queue.fail(failure);
    const reader = queue.read();
    expect([await reader.next(), await reader.next()]).toEqual([
      { done: false, value: 0 },
      { done: false, value: 1 },
    ]);
    await expect(reader.next()).rejects.toBe(failure);
  });

  it('ends once: the first end counts, even where the error is undefined', async () => {
    const closed = new ChunkQueue<number>(ignore);
    closed.close();
    closed.fail(new Error('too late'));
    expect(await readAll(closed)).toEqual([]);
    const failed = new ChunkQueue<number>(ignore);
    failed.fail(undefined);
    failed.close();
    await expect(readAll(failed)).rejects.toBeUndefined();
  });

  it.each<[string, (queue: ChunkQueue<number>) => void, unknown]>([
    ['a value', (queue) => queue.push(1), { done: false, value: 1 }],
    ['an end', (queue) => queue.close(), { done: true, value: undefined }],
    ['an error', (queue) => queue.fail('why'), 'why'],
  ])('wakes a reader that waits with %s', async (_, wake, expected) => {
    const queue = new ChunkQueue<number>(ignore);
    const next = queue.read().next();
    await new Promise((resolve) => setImmediate(resolve));
    wake(queue);
    expect(await next.catch((error: unknown) => error)).toEqual(expected);
  });

  it('is never full without a reader, and full at 256 with one', async () => {
    const queue = new ChunkQueue<number>(ignore);
    pushMany(queue, 1000);
    expect(queue.isFull).toBe(false);
    const reader = queue.read();
    await reader.next(); // takes all thousand
    pushMany(queue, 255);
    expect(queue.isFull).toBe(false);
    queue.push(255);
    expect(queue.isFull).toBe(true);
  });

  it('tells once that there is room again, and only where there was none', async () => {
    let drained = 0;
    const queue = new ChunkQueue<number>(() => drained++);
    const reader = queue.read();
    queue.push(0);
    await reader.next();
    pushMany(queue, 256);
    expect(drained).toBe(0);
    await reader.next();
    expect([drained, queue.isFull]).toEqual([1, false]);
    for (let i = 1; i < 256; i++) await reader.next();
    expect(drained).toBe(1);
  });
});
