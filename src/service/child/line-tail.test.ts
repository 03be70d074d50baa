import { expect, it } from 'vitest';

import { LineTail } from './line-tail.ts';

it('keeps the last lines of a text in pieces, and tells of every one', () => {
  const told: string[] = [];
  const tail = new LineTail((line) => told.push(line));
  for (let i = 0; i < 30; i++) tail.push(`line ${i}\n\n`);
  tail.push('and the ');
  tail.push('rest');
  expect(tail.lines).toEqual([
    ...Array.from({ length: 20 }, (_, i) => `line ${i + 10}`),
    'and the rest',
  ]);
  expect(told).toHaveLength(30);
});

it('does not let a stack trace push out what happened', () => {
  const told: string[] = [];
  const tail = new LineTail((line) => told.push(line));
  tail.push('FATAL ERROR: Reached heap limit\n----- Native stack trace -----\n\n');
  for (let i = 1; i <= 40; i++) tail.push(` ${i}: 0xb9c0ff node::Abort() [/usr/bin/node]\n`);
  expect(tail.lines).toEqual(['FATAL ERROR: Reached heap limit', '----- Native stack trace -----']);
  expect(told).toHaveLength(42);
});
