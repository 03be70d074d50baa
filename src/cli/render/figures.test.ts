import { describe, expect, it } from 'vitest';

import type { GeneratedToken } from '../../index.ts';
import {
  formatBytes,
  formatCount,
  formatDuration,
  formatPercent,
  formatProbability,
  formatRate,
  formatSigned,
} from './numbers.ts';
import { createPalette, wantsColors } from './palette.ts';
import { renderShiftedToken, shiftStep } from './shift.ts';
import { summarizeTrace } from './trace-summary.ts';

it('writes numbers as people read them', () => {
  expect([0, 512, 2048, 2.5 * 2 ** 20, 200 * 2 ** 30].map(formatBytes)).toEqual([
    '0 B',
    '512 B',
    '2.0 KiB',
    '2.5 MiB',
    '200 GiB',
  ]);
  expect([12, 117_000, 2_010_000, 70.6e9].map(formatCount)).toEqual([
    '12',
    '117k',
    '2.0M',
    '70.6B',
  ]);
  expect([0, 12.34, 1234.5].map(formatRate)).toEqual(['–', '12.3', '1,235']);
  expect([1.256, -0.3, 0, -0.001, 0.001].map((value) => formatSigned(value))).toEqual([
    '+1.26',
    '-0.30',
    '0.00',
    '0.00',
    '0.00',
  ]);
  expect([0, Math.log(0.25), Math.log(2e-5), -Infinity].map(formatProbability)).toEqual([
    '1.000',
    '0.250',
    '2e-5',
    '0.000',
  ]);
});

describe('numbers at their boundaries', () => {
  it.each([
    [1, '1 B'],
    [1023, '1023 B'],
    [1024, '1.0 KiB'],
    [99.9 * 1024, '99.9 KiB'],
    [100 * 1024, '100 KiB'],
    [2 ** 20, '1.0 MiB'],
    [2 ** 40, '1.0 TiB'],
    [2 ** 50, '1024 TiB'],
  ])('%d bytes are %s', (bytes, text) => {
    expect(formatBytes(bytes)).toBe(text);
  });

  it.each([
    [0, '0'],
    [999, '999'],
    [1000, '1.0k'],
    [99_900, '99.9k'],
    [100_000, '100k'],
    [1e6, '1.0M'],
    [1e9, '1.0B'],
    [1e12, '1.0T'],
    [250e12, '250T'],
  ])('%d things are %s', (count, text) => {
    expect(formatCount(count)).toBe(text);
  });

  it.each([
    [-1, '–'],
    [0.04, '0.0'],
    [99.9, '99.9'],
    [100, '100'],
    [1234.4, '1,234'],
  ])('%d per second are %s', (rate, text) => {
    expect(formatRate(rate)).toBe(text);
  });

  it.each([
    [0, '0:00'],
    [0.1, '0:01'],
    [59, '0:59'],
    [59.5, '1:00'],
    [125, '2:05'],
    [3599, '59:59'],
    [3600, '1:00:00'],
    [3725, '1:02:05'],
    [90_000, '25:00:00'],
  ])('%d seconds are %s', (seconds, text) => {
    expect(formatDuration(seconds)).toBe(text);
  });

  it('of shares and probabilities', () => {
    expect([0, 0.005, 0.756, 1].map(formatPercent)).toEqual(['0 %', '1 %', '76 %', '100 %']);
    expect([0.0011, 0.001, 0.00099].map((p) => formatProbability(Math.log(p)))).toEqual([
      '0.001',
      '0.001',
      '1e-3',
    ]);
    expect([0.04, 0.06, -0.04, -0.06, -0, -10].map((x) => formatSigned(x, 1))).toEqual([
      '0.0',
      '+0.1',
      '0.0',
      '-0.1',
      '0.0',
      '-10.0',
    ]);
    expect([0.4, 1, -0.4].map((x) => formatSigned(x, 0))).toEqual(['0', '+1', '0']);
  });
});

describe('wantsColors', () => {
  const terminal = { isTerminal: true, args: [], env: {} };
  it.each([
    [terminal, true],
    [{ ...terminal, isTerminal: false }, false],
    [{ ...terminal, env: { NO_COLOR: '1' } }, false],
    [{ ...terminal, env: { NO_COLOR: '' } }, true],
    [{ ...terminal, env: { TERM: 'dumb' } }, false],
    [{ ...terminal, env: { FORCE_COLOR: '0' } }, false],
    [{ ...terminal, isTerminal: false, env: { FORCE_COLOR: '1' } }, true],
    [{ ...terminal, env: { FORCE_COLOR: '1', NO_COLOR: '1' } }, false],
    [{ ...terminal, args: ['run', '--no-color'], env: { FORCE_COLOR: '1' } }, false],
    [{ ...terminal, args: ['run', '--', '--no-color'] }, true],
  ])('of %j is %s', (situation, expected) => {
    expect(wantsColors(situation)).toBe(expected);
  });
});

function token(text: string, shift: number, kl = 0, baseTokenId = 1): GeneratedToken {
  const baseChoice = { tokenId: baseTokenId, text: 'b', logprob: -1 };
  const trace = {
    terms: [],
    rewards: [],
    klScale: 1,
    baseChoice,
    shift,
    kl,
    topBefore: [],
    topAfter: [],
  };
  return { tokenId: 1, text, logprob: -1, trace };
}

describe('the scale of shifts', () => {
  it('diverges in four steps to each side', () => {
    expect([0, 0.2, 0.25, -0.5, 1, -3, 6].map(shiftStep)).toEqual([0, 0, 1, -1, 2, -3, 4]);
  });

  it('is paler where a shift is smaller', () => {
    const { shift } = createPalette(true);
    const colorOf = (step: number) => /48;5;(\d+)m/.exec(shift(step)('x'))?.[1];
    const [lowered, raised] = [
      ['209', '216', '223', '230'],
      ['195', '159', '117', '75'],
    ];
    expect([-4, -3, -2, -1].map(colorOf)).toEqual(lowered);
    expect([1, 2, 3, 4].map(colorOf)).toEqual(raised);
    expect(shift(0)('x')).toBe('x');
    expect(shift(5)('x')).toBe('x');
  });

  it('shows a token in colour, or with its shift where there are no colours', () => {
    const colors = createPalette(true);
    const none = createPalette(false);
    expect(renderShiftedToken(token('x', 0.1), colors)).toBe('x');
    expect(renderShiftedToken(token('x', 2), colors)).toBe('\u001B[38;5;16;48;5;159mx\u001B[0m');
    expect(renderShiftedToken(token('x\n', -6), colors)).toBe(
      '\u001B[38;5;16;48;5;209mx\u001B[0m\n',
    );
    expect(renderShiftedToken(token('x', -2), none)).toBe('x[-2.0]');
    expect(renderShiftedToken(token('\u001B[2J', 0), colors)).toBe(String.raw`\x1b[2J`);
  });
});

it('summarizes a trace', () => {
  expect(summarizeTrace([token('a', 1, 0.5), token('b', -2, 1.5, 7)])).toEqual({
    meanShift: -0.5,
    meanKl: 1,
    changedShare: 0.5,
  });
  expect(summarizeTrace([])).toBeUndefined();
});
