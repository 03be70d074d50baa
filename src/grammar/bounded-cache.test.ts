import { expect, it } from 'vitest';

import { BoundedCache } from './bounded-cache.ts';

it('forgets what was asked for the longest ago, by weight', () => {
  const made: string[] = [];
  const cache = new BoundedCache<string, number>(10, (weight) => weight);
  const get = (key: string, weight: number): number =>
    cache.get(key, () => {
      made.push(key);
      return weight;
    });
  get('a', 4);
  get('b', 4);
  get('a', 4);
  get('c', 4); // 12 in all: b goes
  get('a', 4);
  get('b', 4); // c goes
  get('heavy', 100); // alone
  get('a', 4); // heavy goes
  expect(made).toEqual(['a', 'b', 'c', 'b', 'heavy', 'a']);
  expect(cache.size).toBe(1);
});

it('weighs anew what has grown', () => {
  const cache = new BoundedCache<string, { bytes: number }>(10, ({ bytes }) => bytes);
  const growing = cache.get('growing', () => ({ bytes: 1 }));
  cache.get('other', () => ({ bytes: 5 }));
  growing.bytes = 8;
  cache.get('growing', () => ({ bytes: 0 }));
  expect(cache.size).toBe(1); // the other went
  expect(cache.weight).toBe(8);
});
