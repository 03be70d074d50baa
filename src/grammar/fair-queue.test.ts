import { expect, it } from 'vitest';

import { FairQueue } from './fair-queue.ts';

it('gives every owner a turn, in the order of their first items', () => {
  const queue = new FairQueue<string>();
  for (const item of ['a1', 'a2', 'a3', 'b1', 'c1', 'c2']) queue.push(item[0]!, item);
  queue.remove('c', 'c2');
  queue.remove('a', 'nothing of its');
  expect(queue.countOf('a')).toBe(3);
  const taken: (string | undefined)[] = [
    queue.take(() => true),
    queue.take((owner) => owner !== 'b'),
  ];
  queue.push('c', 'c3');
  for (let i = 0; i < 5; i++) taken.push(queue.take(() => true));
  expect(taken).toEqual(['a1', 'c1', 'b1', 'a2', 'c3', 'a3', undefined]);
  expect(queue.countOf('a')).toBe(0);
});
