import { expect, it } from 'vitest';

import { BoundedCache } from './bounded-cache.ts';

it('forgets what was used for the longest ago, by weight, and says so', () => {
  const forgotten: string[] = [];
  const cache = new BoundedCache<string, { name: string; weight: number }>(
    10,
    ({ weight }) => weight,
    ({ name }) => forgotten.push(name),
  );
  const set = (name: string, weight: number): void => void cache.set(name, { name, weight });
  set('a', 4);
  set('b', 4);
  expect(cache.get('a')?.name).toBe('a');
  set('c', 4); // 12 in all: b goes
  expect(cache.get('b')).toBeUndefined();
  cache.get('a');
  set('b', 4); // c goes
  set('heavy', 100); // alone
  set('a', 4); // heavy goes
  expect(forgotten).toEqual(['b', 'c', 'a', 'b', 'heavy']);
  expect([cache.size, cache.weight]).toEqual([1, 4]);
  cache.clear();
  expect([cache.size, cache.weight]).toEqual([0, 0]);
});

it('weighs anew what is set again', () => {
  const cache = new BoundedCache<string, { bytes: number }>(10, ({ bytes }) => bytes);
  const growing = cache.set('growing', { bytes: 1 });
  cache.set('other', { bytes: 5 });
  growing.bytes = 8;
  cache.set('growing', growing);
  expect(cache.size).toBe(1); // the other went
  expect(cache.weight).toBe(8);
});
