import { Command } from 'commander';
import { expect, it } from 'vitest';

import { number, onOff, readFlags, text } from './flags.ts';

const flags = {
  quick: onOff('less of it'),
  rounds: number('to measure', 3),
  limit: number('of people'),
  out: text('FILE', 'to write'),
  'two-words': onOff('of a flag'),
};

/** Throws where the program would end. */
const read = (...args: string[]) =>
  readFlags(
    new Command('test').exitOverride().configureOutput({ writeErr: () => {} }),
    flags,
    args,
  );

it('gives what is asked for, and what was there from the beginning', () => {
  expect(read()).toEqual({
    quick: false,
    rounds: 3,
    limit: undefined,
    out: undefined,
    'two-words': false,
  });
  expect(read('--quick', '--limit', '2.5', '--out', 'a', '--two-words')).toEqual({
    quick: true,
    rounds: 3,
    limit: 2.5,
    out: 'a',
    'two-words': true,
  });
});

it.each([['--rounds', 'many'], ['--rounds', ''], ['--limit=-1'], ['--rounds'], ['--unknown']])(
  'refuses %s %s',
  (...args) => {
    expect(() => read(...args.filter((arg) => arg !== undefined))).toThrow(/^error: /);
  },
);
