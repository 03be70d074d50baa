import { describe, expect, it } from 'vitest';

import { uniformAt } from '../../math/index.ts';
import { takenTry, type SegmentGuidance } from '../../reward/index.ts';
import { SegmentSearch } from './segment-search.ts';

const guidance: SegmentGuidance = {
  method: 'segments',
  entropy: 2,
  threshold: 0,
  beta: 1,
  maxTokens: 4,
  maxTries: 3,
};

describe('where a segment ends', () => {
  const isOver = (length: number, entropy: number) =>
    new SegmentSearch(guidance, 1).isOver(length, () => entropy);

  it.each([
    [0, 9, false],
    [1, 1.99, false],
    [1, 2, true],
    [3, 1.99, false],
    [4, 0, true],
  ])('after %d tokens before one of %d nats: %s', (length, entropy, expected) => {
    expect(isOver(length, entropy)).toBe(expected);
  });

  it('asks for no entropy before there is a token: it costs a pass over the row', () => {
    let asked = 0;
    new SegmentSearch(guidance, 1).isOver(0, () => asked++);
    expect(asked).toBe(0);
  });

  it('is counted from its own beginning', () => {
    const search = new SegmentSearch(guidance, 1);
    expect(search.judge(4, 1)).toBe(true);
    expect(search.start).toBe(4);
    expect(search.isOver(4, () => 9)).toBe(false);
    expect(search.isOver(7, () => 0)).toBe(false);
    expect(search.isOver(8, () => 0)).toBe(true);
  });
});

describe('which try is kept', () => {
  it('is the first that reaches the threshold, and the next segment begins anew', () => {
    const search = new SegmentSearch(guidance, 5);
    expect([search.start, search.attempt]).toEqual([0, 0]);
    expect(search.judge(3, -1e9)).toBe(false);
    expect([search.start, search.attempt]).toEqual([0, 1]);
    expect(search.judge(2, 0)).toBe(true);
    expect([search.start, search.attempt]).toEqual([2, 0]);
  });

  it.each([
    [[-30, -20, -40], 1],
    [[-20, -30, -40], 0],
    [[-40, -40, -40], 0],
    [[-40, -40, -30], 2],
  ] as const)('is the best of as many as there may be: of %j number %d', (totals, best) => {
    const search = new SegmentSearch(guidance, 5);
    const kept = totals.map((total) => search.judge(2, total - 1e6));
    // The last of them is there already; another is drawn once more, and kept whatever it is worth.
    expect(kept).toEqual([false, false, best === 2]);
    const replays = best === 2 ? [] : [search.attempt];
    expect(replays).toEqual(best === 2 ? [] : [best]);
    for (const _ of replays) expect(search.judge(2, Number.NaN)).toBe(true);
    expect([search.start, search.attempt]).toEqual([2, 0]);
  });

  it('is decided by a number of its own for every place and every try', () => {
    const decisions = new Map<string, boolean>();
    const decide = (seed: number, start: number, tries: number): boolean => {
      const search = new SegmentSearch({ ...guidance, maxTries: 99 }, seed);
      if (start > 0) search.judge(start, 1e9);
      for (let i = 0; i < tries; i++) search.judge(start + 1, -1e9);
      return search.judge(start + 1, Math.log(0.5)); // accepted half of the time
    };
    for (let seed = 0; seed < 20; seed++) {
      for (let start = 0; start < 20; start++) {
        for (let tries = 0; tries < 5; tries++) {
          decisions.set(`${seed} ${start} ${tries}`, decide(seed, start, tries));
        }
      }
    }
    const share = [...decisions.values()].filter(Boolean).length / decisions.size;
    expect(Math.abs(share - 0.5)).toBeLessThan(0.05); // 2000 numbers: 4.5 standard deviations
    for (const fixed of ['0 0 ', '3 7 ', '11 19 ']) {
      const own = [...decisions].filter(([key]) => key.startsWith(fixed)).map(([, kept]) => kept);
      expect(own).toHaveLength(5);
    }
    expect(decide(3, 7, 2)).toBe(decisions.get('3 7 2'));
  });

  it('uses none of the numbers that draw tokens', () => {
    // A token's draws are of counters below 2^52: position + attempt × 2^32.
    const search = new SegmentSearch(guidance, 9);
    const total = Math.log(0.5);
    const expected = takenTry([total], guidance, uniformAt(9, 2 ** 52)) === 0;
    expect(search.judge(1, total)).toBe(expected);
  });
});
