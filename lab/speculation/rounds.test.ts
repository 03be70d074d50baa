import { expect, it } from 'vitest';

import { inBothOrders } from './rounds.ts';

it('goes through the variants in one order and in the other, and keeps what each gave', async () => {
  const order: string[] = [];
  const variant = (name: string) => async () => {
    order.push(name);
    return `${name}${order.length}`;
  };
  const measured = await inBothOrders(
    { a: variant('a'), b: variant('b'), c: variant('c') },
    3,
    'test',
  );
  expect(order.join('')).toBe('abccbaabc');
  expect(measured).toEqual({
    a: ['a1', 'a6', 'a7'],
    b: ['b2', 'b5', 'b8'],
    c: ['c3', 'c4', 'c9'],
  });
});
