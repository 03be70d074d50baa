import { describe, expect, it } from 'vitest';

import { InvalidOptionError } from '../spec/index.ts';
import { readKeepAlive } from './keep-alive.ts';

describe('how long a recipe stays loaded', () => {
  it.each([
    [300, 300_000],
    [0, 0],
    [0.5, 500],
    ['0', 0],
    ['45', 45_000],
    ['10m', 600_000],
    ['1h30m', 5_400_000],
    ['500ms', 500],
    ['1.5s', 1500],
    [' 2h ', 7_200_000],
    [-1, null],
    ['-1', null],
    ['-1m', null],
    [Infinity, null],
    [1e12, null],
    ['999999h', null],
  ])('%j is %j ms', (value, ms) => expect(readKeepAlive('keep_alive', value)).toBe(ms));

  it.each([
    '',
    'm',
    '10 minutes',
    '10x',
    '1m1',
    '5m-1s',
    'never',
    '1e9',
    Number.NaN,
    `${'1'.repeat(1e6)}m`,
  ])('is not %j', (value) => {
    expect(() => readKeepAlive('keep_alive', value)).toThrow(InvalidOptionError);
    expect(() => readKeepAlive('keep_alive', value)).toThrow(/^keep_alive must be seconds/);
  });
});
