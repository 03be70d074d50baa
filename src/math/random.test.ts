import * as fc from 'fast-check';
import { describe, expect, it } from 'vitest';
import { ContractError, InvalidOptionError } from '../spec/index.ts';
import { drawSeed, exponentialAt, philox, uniformAt } from './random.ts';

describe('philox', () => {
  // Random123's known-answer file kat_vectors, "philox4x32 10".
  it.each([
    {
      counter: [0, 0, 0, 0],
      key: [0, 0],
      expected: [0x6627e8d5, 0xe169c58d, 0xbc57ac4c, 0x9b00dbd8],
    },
    {
      counter: [0xffffffff, 0xffffffff, 0xffffffff, 0xffffffff],
      key: [0xffffffff, 0xffffffff],
      expected: [0x408f276d, 0x41c83b0e, 0xa20bc7c6, 0x6d5451fd],
    },
    {
      counter: [0x243f6a88, 0x85a308d3, 0x13198a2e, 0x03707344],
      key: [0xa4093822, 0x299f31d0],
      expected: [0xd16cfe09, 0x94fdcceb, 0x5001e420, 0x24126ea1],
    },
  ] as const)('gives the published words for $counter', ({ counter, key, expected }) => {
    expect(philox(counter, key[0], key[1])).toEqual(expected);
  });
});

describe('uniformAt', () => {
  it('takes its 53 bits from the first two words', () => {
    // (0x6627e8d5 >>> 5) * 2^26 + (0xe169c58d >>> 6), over 2^53
    expect(uniformAt(0, 0)).toBe((53559110 * 2 ** 26 + 59090710) / 2 ** 53);
  });

  it('depends on every bit of seed and counter', () => {
    const seeds = [0, 1, -1, 2 ** 31, 2 ** 32, 2 ** 52, Number.MIN_SAFE_INTEGER];
    const counters = [0, 1, 2 ** 31, 2 ** 32, 2 ** 52, Number.MAX_SAFE_INTEGER];
    const draws = seeds.flatMap((seed) => counters.map((counter) => uniformAt(seed, counter)));
    expect(new Set(draws).size).toBe(draws.length);
  });

  it('lies in [0, 1) and is repeatable', () => {
    fc.assert(
      fc.property(fc.maxSafeInteger(), fc.maxSafeNat(), (seed, counter) => {
        const draw = uniformAt(seed, counter);
        expect(draw).toBeGreaterThanOrEqual(0);
        expect(draw).toBeLessThan(1);
        expect(uniformAt(seed, counter)).toBe(draw);
      }),
    );
  });

  it('is uniform over positions and over seeds', () => {
    const bins = 64;
    const draws = 64_000;
    for (const draw of [(i: number) => uniformAt(7, i), (i: number) => uniformAt(i, 7)]) {
      const counts = Array.from({ length: bins }, () => 0);
      for (let i = 0; i < draws; i++) counts[Math.floor(draw(i) * bins)]! += 1;
      const expected = draws / bins;
      const chiSquare = counts.reduce((sum, n) => sum + (n - expected) ** 2 / expected, 0);
      expect(chiSquare).toBeLessThan(103.4); // 99.9 % of χ² with 63 degrees of freedom
    }
  });

  it.each([0.5, Number.NaN, Infinity, 2 ** 53])('refuses the seed %d', (seed) => {
    expect(() => uniformAt(seed, 0)).toThrow(InvalidOptionError);
  });

  it.each([-1, 0.5, Number.NaN])('refuses the counter %d', (counter) => {
    expect(() => uniformAt(0, counter)).toThrow(ContractError);
  });
});

describe('exponentialAt', () => {
  const noise = { seed: 7, position: 3, attempt: 0 };

  it('takes the words of sixteen entries from four blocks, in order', () => {
    for (const entry of [0, 1, 4, 15, 16, 37, 151_935]) {
      const block = Math.floor(entry / 16) * 4 + (entry % 4);
      const word = philox([block, 3, 0, 1], 7, 0)[Math.floor((entry % 16) / 4) as 0 | 1 | 2 | 3];
      expect(exponentialAt(noise, entry)).toBeCloseTo(-Math.log1p(-(word + 0.5) / 2 ** 32), 5);
    }
  });

  it('is a standard exponential variate, over entries, positions, attempts and seeds', () => {
    const draws = 64_000;
    const bins = 64;
    const ways = [
      (i: number) => exponentialAt(noise, i),
      (i: number) => exponentialAt({ ...noise, position: i }, 5),
      (i: number) => exponentialAt({ ...noise, attempt: i }, 5),
      (i: number) => exponentialAt({ ...noise, seed: i }, 5),
    ];
    for (const draw of ways) {
      const counts = Array.from({ length: bins }, () => 0);
      for (let i = 0; i < draws; i++) counts[Math.floor(-Math.expm1(-draw(i)) * bins)]! += 1;
      const expected = draws / bins;
      const chiSquare = counts.reduce((sum, n) => sum + (n - expected) ** 2 / expected, 0);
      expect(chiSquare).toBeLessThan(103.4); // 99.9 % of χ² with 63 degrees of freedom
    }
  });
});

describe('drawSeed', () => {
  it('draws safe integers that differ', () => {
    const seeds = Array.from({ length: 100 }, drawSeed);
    expect(seeds.every((seed) => Number.isSafeInteger(seed) && seed >= 0)).toBe(true);
    expect(new Set(seeds).size).toBe(100);
  });
});
