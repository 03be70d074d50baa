import * as fc from 'fast-check';
import { describe, expect, it } from 'vitest';
import { runs } from '../../test/support/runs.ts';
import { ContractError } from '../spec/index.ts';
import {
  createReferenceRowKernels,
  createRowKernels,
  exponentialAt,
  type Noise,
  type RowKernels,
  type TiltedMoments,
} from './index.ts';

// The contract of RowKernels, held by both implementations against float64 arithmetic written here.

type Entries = readonly number[];

const float32 = (min: number, max: number): fc.Arbitrary<number> =>
  fc.float({ min: Math.fround(min), max: Math.fround(max), noNaN: true });

/** Entries of every kind: usual logits, ties, banned, zeros of both signs, tiny and huge. */
const entry = fc.oneof(
  { weight: 6, arbitrary: float32(-30, 30) },
  { weight: 2, arbitrary: fc.constantFrom(-1, 0, -0, 1, 2) },
  { weight: 2, arbitrary: fc.constant(-Infinity) },
  { weight: 1, arbitrary: float32(-1e-38, 1e-38) },
  { weight: 1, arbitrary: fc.constantFrom(-1e38, 1e38, 88.8, -104).map(Math.fround) },
);
/** Lengths up to the maximum: fast-check would stay near the minimum. */
const lengths = { minLength: 1, maxLength: 70, size: 'max' } as const;
const entries = fc.array(entry, lengths);
const pairOf = (of: fc.Arbitrary<number>): fc.Arbitrary<[number, number][]> =>
  fc.array(fc.tuple(of, of), lengths);

/** log Σ exp(scale * x), in float64. */
function logSumExp(x: Entries, scale = 1): number {
  const max = Math.max(...x);
  if (max === -Infinity) return max;
  return scale * max + Math.log(x.reduce((sum, v) => sum + Math.exp(scale * (v - max)), 0));
}

function kl(p: Entries, q: Entries): number {
  const [zp, zq] = [logSumExp(p), logSumExp(q)];
  return p.reduce((sum, v, i) => {
    return v === -Infinity ? sum : sum + Math.exp(v - zp) * (v - zp - (q[i]! - zq));
  }, 0);
}

/** Of softmax(b + t s); the variance from all pairs: nothing cancels. */
function moments(b: Entries, s: Entries, t: number): TiltedMoments {
  const z = b.map((v, i) => (v === -Infinity ? v : v + t * s[i]!));
  const logSum = logSumExp(z);
  if (logSum === -Infinity) return { logSum, mean: 0, variance: 0 };
  const max = Math.max(...z); // not logSum: that rounds, and large magnitudes round much
  const mass = z.reduce((sum, v) => sum + Math.exp(v - max), 0);
  const probabilities = z.map((v) => Math.exp(v - max) / mass);
  let mean = 0;
  let variance = 0;
  probabilities.forEach((p, i) => {
    mean += p * s[i]!;
    probabilities.forEach((q, j) => (variance += (p * q * (s[i]! - s[j]!) ** 2) / 2));
  });
  return { logSum, mean, variance };
}

/** Indices by value, then by index. */
function ranked(x: Entries): number[] {
  const indices = x.map((_, i) => i);
  return indices.toSorted((i, j) => Number(x[j]! > x[i]!) - Number(x[j]! < x[i]!) || i - j);
}

function expectWithin(actual: number, expected: number, tolerance: number): void {
  if (actual === expected) return; // infinities have no difference
  expect(Math.abs(actual - expected)).toBeLessThanOrEqual(tolerance);
}

describe.each([
  { name: 'createRowKernels', create: createRowKernels },
  { name: 'createReferenceRowKernels', create: createReferenceRowKernels },
])('$name', ({ create }) => {
  /** One row per array, and behind them a row of infinities that no kernel may touch or read. */
  function load(...rows: Entries[]): RowKernels {
    const kernels = create(rows[0]!.length, rows.length + 1);
    rows.forEach((x, r) => kernels.row(r).set(x));
    kernels.row(rows.length).fill(Infinity);
    return kernels;
  }

  it('gives zero-filled rows that keep their place', () => {
    const kernels = create(37, 3);
    expect(kernels).toMatchObject({ length: 37, count: 3 });
    expect([...kernels.row(2)]).toEqual(Array.from({ length: 37 }, () => 0));
    const view = kernels.row(1);
    kernels.fill(1, 4);
    expect(view.every((v) => v === 4)).toBe(true);
    expect([...kernels.row(0), ...kernels.row(2)].every((v) => v === 0)).toBe(true);
  });

  it.each([0, -1, 1.5, Number.NaN, Infinity])('refuses %d as a length or count', (size) => {
    expect(() => create(size, 1)).toThrow(ContractError);
    expect(() => create(1, size)).toThrow(ContractError);
  });

  it.each([-1, 2, 0.5, Number.NaN])('refuses row %d of two in every method', (r) => {
    const kernels = create(4, 2);
    const calls: (() => unknown)[] = [
      () => kernels.row(r),
      () => kernels.fill(r, 0),
      () => kernels.accumulate(r, 0, 1, 0),
      () => kernels.accumulate(0, r, 1, 0),
      () => kernels.argmax(r),
      () => kernels.firstNonFinite(r),
      () => kernels.logSumExp(r),
      () => kernels.exponentials(r),
      () => kernels.kl(r, 0),
      () => kernels.kl(0, r),
      () => kernels.tiltedMoments(r, 0, 1),
      () => kernels.tiltedMoments(0, r, 1),
      () => kernels.banOutside(r, Uint32Array.of(1)),
      () => kernels.permitAbove(r, 0, 0),
      () => kernels.permitAbove(0, r, 0),
      () => kernels.indicesAbove(r, 0),
      () => kernels.topK(r, 1),
    ];
    for (const call of calls) expect(call).toThrow(ContractError);
  });

  it('writes whole rows and nothing beside them, whatever the length', () => {
    for (let length = 1; length <= 50; length++) {
      const kernels = load(
        Array.from({ length }, () => 1),
        Array.from({ length }, () => 2),
      );
      kernels.fill(0, -100);
      expect(kernels.logSumExp(0)).toBeCloseTo(-100 + Math.log(length), 5);
      kernels.accumulate(0, 1, -3, -1);
      expect(kernels.logSumExp(0)).toBeCloseTo(-109 + Math.log(length), 5);
      kernels.permitAbove(0, 1, -Infinity);
      expect(kernels.logSumExp(0)).toBeCloseTo(Math.log(length), 5);
      kernels.banOutside(0, new Uint32Array(Math.ceil(length / 32)));
      expect(kernels.logSumExp(0)).toBe(-Infinity);
      expect([...kernels.row(1)].every((v) => v === 2)).toBe(true);
      expect([...kernels.row(2)].every((v) => v === Infinity)).toBe(true);
    }
  });

  it('accumulates with every operation rounded to float32', () => {
    const coefficient = fc.double({ min: -4, max: 4, noNaN: true });
    fc.assert(
      fc.property(pairOf(entry), coefficient, coefficient, (pairs, c, offset) => {
        const kernels = load(
          pairs.map(([y]) => y),
          pairs.map(([, x]) => x),
        );
        kernels.accumulate(0, 1, c, offset);
        const expected = pairs.map(([y, x]) => {
          const difference = Math.fround(x - Math.fround(offset));
          return Math.fround(y + Math.fround(Math.fround(c) * difference));
        });
        expect([...kernels.row(0)]).toEqual(expected);
      }),
    );
  });

  it('accumulates 16777216 + 0.1 * (3 - 1) to 16777216 as float32 does', () => {
    const kernels = load([2 ** 24, 1, -Infinity], [3, 3, 3]);
    kernels.accumulate(0, 1, 0.1, 1);
    expect([...kernels.row(0)]).toEqual([2 ** 24, Math.fround(1.2), -Infinity]);
  });

  it('finds the largest entry, the lowest index among equals', () => {
    fc.assert(
      fc.property(entries, (x) => {
        expect(load(x).argmax(0)).toBe(x.indexOf(Math.max(...x)));
      }),
      { examples: [[[-Infinity, -Infinity]], [[-0, 0]], [[0, -0]], [[-5, -5, -4, -5, -4]]] },
    );
  });

  it('finds the first entry that is not finite at every position', () => {
    for (const length of [1, 3, 4, 5, 16, 33]) {
      const finite = Array.from({ length }, (_, i) => 1e38 * (-1) ** i);
      expect(load(finite).firstNonFinite(0)).toBe(-1);
      for (const bad of [Number.NaN, Infinity, -Infinity]) {
        for (let at = 0; at < length; at++) {
          const later = finite.map((v, i) => (i < at ? v : bad));
          expect(load(later).firstNonFinite(0)).toBe(at);
          expect(load(finite.with(at, bad)).firstNonFinite(0)).toBe(at);
        }
      }
    }
  });

  it('gives log-sum-exp at any scale with a relative error of the sum below 1e-6', () => {
    const scale = fc.constantFrom(1, 1e-6, 0.5, 1 / 0.7, 10, 1e6, 1e30);
    fc.assert(
      fc.property(entries, scale, (x, s) => {
        const [actual, expected] = [load(x).logSumExp(0, s), logSumExp(x, s)];
        const tolerance = 1e-6 + 1e-15 * Math.abs(expected);
        expect(actual === expected || Math.abs(actual - expected) <= tolerance).toBe(true);
      }),
    );
  });

  it(
    'gives exponentials with a relative error below 1e-6, and 0 for what is banned',
    { tags: ['slow'] },
    () => {
      const underflow = Math.exp(-86);
      for (const scale of [1, 0.1, 1 / 0.7, 40]) {
        const x = Array.from({ length: 9001 }, (_, i) => Math.fround(-i / 100 / scale));
        x.push(-Infinity);
        const { weights, sum } = load(x).exponentials(0, scale);
        const excess = x.map((value, i) => {
          const exact = Math.exp(scale * value);
          return (
            Math.abs(weights[i]! - exact) -
            Math.max(1e-6 * exact, exact < underflow ? underflow : 0)
          );
        });
        expect(Math.max(...excess)).toBeLessThanOrEqual(0);
        expect(weights.at(-1)).toBe(0);
        expect(sum).toBeCloseTo(
          weights.reduce((total, w) => total + w, 0),
          9,
        );
      }
    },
  );

  it('gives weights and sum 0 for a row that is banned as a whole', () => {
    const kernels = load([1, 2, 3], [-Infinity, -Infinity, -Infinity]);
    kernels.exponentials(0);
    const { weights, sum } = kernels.exponentials(1);
    expect([...weights, sum]).toEqual([0, 0, 0, 0]);
    expect(kernels.logSumExp(1)).toBe(-Infinity);
  });

  it.each([0, -1, Number.NaN, Infinity, 1e31])('refuses the scale %d', (scale) => {
    expect(() => load([1]).logSumExp(0, scale)).toThrow(ContractError);
    expect(() => load([1]).exponentials(0, scale)).toThrow(ContractError);
  });

  it('gives KL within its stated error, never negative', () => {
    fc.assert(
      fc.property(pairOf(float32(-60, 60)), (pairs) => {
        const [p, q] = [pairs.map(([v]) => v), pairs.map(([, v]) => v)];
        const actual = load(p, q).kl(0, 1);
        const gap = Math.max(...pairs.map(([a, b]) => Math.abs(a - b)));
        expect(actual).toBeGreaterThanOrEqual(0);
        expect(Math.abs(actual - kl(p, q))).toBeLessThanOrEqual(1e-6 * (1 + gap));
      }),
    );
  });

  it('gives KL 0 for equal rows, and does not see a shift', () => {
    const eighths = fc.array(
      fc.integer({ min: -80, max: 80 }).map((n) => n / 8),
      lengths,
    );
    fc.assert(
      fc.property(eighths, entries, fc.integer({ min: -9, max: 9 }), (p, x, shift) => {
        expect(load(x, x).kl(0, 1)).toBe(0);
        const q = p.map((v, i) => (i % 3 === 0 ? v + 1 : v));
        const kernels = load(
          p,
          q,
          q.map((v) => v + shift),
        );
        expect(kernels.kl(0, 1)).toBeCloseTo(kernels.kl(0, 2), 12);
      }),
    );
  });

  it('gives KL over what p allows, Infinity where only q is banned', () => {
    const banned = -Infinity;
    expect(load([0, banned], [0, 0]).kl(0, 1)).toBeCloseTo(Math.log(2), 6);
    expect(load([0, 0], [0, banned]).kl(0, 1)).toBe(Infinity);
    expect(load([0, -1000], [0, banned]).kl(0, 1)).toBe(Infinity);
    expect(load([0, -1000], [0, -3000]).kl(0, 1)).toBe(0);
    expect(load([0, banned], [0, banned]).kl(0, 1)).toBe(0);
    expect(load([banned, banned], [0, 0]).kl(0, 1)).toBe(0);
    expect(load([0, 0], [banned, banned]).kl(0, 1)).toBe(Infinity);
  });

  it('gives the moments of a tilted row within their stated errors', () => {
    const shift = fc.oneof(float32(-30, 30), float32(-1e-3, 1e-3), fc.constantFrom(0, 1, 1000));
    const tilt = fc.oneof(fc.constantFrom(0, 1), fc.double({ min: 0, max: 30, noNaN: true }));
    const rows = fc.array(fc.tuple(entry, shift), lengths);
    fc.assert(
      fc.property(rows, tilt, (pairs, t) => {
        const [b, s] = [pairs.map(([v]) => v), pairs.map(([, v]) => v)];
        const kernels = load(b, s);
        const actual = kernels.tiltedMoments(0, 1, t);
        const expected = moments(b, s, t);
        expectWithin(actual.logSum, expected.logSum, 1e-6 + 1e-15 * Math.abs(expected.logSum));
        const deviation = Math.sqrt(expected.variance);
        const spread = Math.max(...s) - Math.min(...s);
        const lost = b.length * Math.exp(-86) * spread; // what counts as 0
        const rounding = 1e-15 * Math.abs(expected.mean);
        expectWithin(actual.mean, expected.mean, 1e-6 * deviation + rounding + lost);
        expectWithin(actual.variance, expected.variance, 1e-6 * expected.variance + lost * spread);
        expect([...kernels.row(0), ...kernels.row(1)]).toEqual([...b, ...s]);
      }),
      { numRuns: runs(300) },
    );
  });

  it('gives the moments of two tokens and of a row far from 0 in closed form', () => {
    // softmax(0, ln 3 + t): at t = ln 2 the odds are 1 : 6.
    const two = load([0, Math.log(3)], [0, 1]).tiltedMoments(0, 1, Math.log(2));
    expect(two.logSum).toBeCloseTo(Math.log(7), 6);
    expect(two.mean).toBeCloseTo(6 / 7, 6);
    expect(two.variance).toBeCloseTo(6 / 49, 6);
    // A deviation of 1 around 2^20 would drown in the square of the mean.
    const far = load([0, 0], [2 ** 20 - 1, 2 ** 20 + 1]).tiltedMoments(0, 1, 0);
    expect(far).toEqual({ logSum: Math.log(2), mean: 2 ** 20, variance: 1 });
  });

  it('sees neither what b bans nor the shift there, and knows a row that is banned as a whole', () => {
    const banned = -Infinity;
    for (const t of [0, 2]) {
      const moment = load([0, banned, 0, banned], [1, banned, 3, 1e38]).tiltedMoments(0, 1, t);
      expect(moment).toEqual(load([0, 0], [1, 3]).tiltedMoments(0, 1, t));
      const nothing = load([banned, banned], [1, 2]).tiltedMoments(0, 1, t);
      expect(nothing).toEqual({ logSum: -Infinity, mean: 0, variance: 0 });
    }
  });

  it('gives KL along a tilt as between the rows themselves', () => {
    fc.assert(
      fc.property(
        pairOf(float32(-20, 20)),
        fc.double({ min: 0, max: 1, noNaN: true }),
        (pairs, t) => {
          const [b, s] = [pairs.map(([v]) => v), pairs.map(([, v]) => v)];
          const kernels = load(b, s, b);
          const { logSum, mean } = kernels.tiltedMoments(0, 1, t);
          const along = t * mean - (logSum - kernels.logSumExp(0));
          kernels.accumulate(2, 1, t, 0);
          expect(Math.abs(along - kernels.kl(2, 0))).toBeLessThan(1e-4);
        },
      ),
    );
  });

  it.each([-1, Number.NaN, Infinity, 1e31])('refuses the tilt %d', (t) => {
    expect(() => load([1], [1]).tiltedMoments(0, 1, t)).toThrow(ContractError);
  });

  it('bans exactly what a mask leaves out', () => {
    const masked = fc.array(fc.tuple(entry, fc.boolean()), { ...lengths, maxLength: 140 });
    fc.assert(
      fc.property(masked, fc.nat(2 ** 31), (pairs, beyond) => {
        const x = pairs.map(([v]) => v);
        const mask = new Uint32Array(Math.ceil(x.length / 32)).fill(beyond); // its last bits mean nothing
        mask.fill(0, 0, x.length >>> 5);
        if (x.length % 32 !== 0) mask[mask.length - 1]! &= -1 << (x.length % 32);
        pairs.forEach(([, isAllowed], i) => isAllowed && (mask[i >>> 5]! |= 1 << (i & 31)));
        const kernels = load(x, x);
        kernels.banOutside(0, mask);
        expect([...kernels.row(0)]).toEqual(
          pairs.map(([v, isAllowed]) => (isAllowed ? v : -Infinity)),
        );
        expect([...kernels.row(1)]).toEqual(x);
        const held = pairs.flatMap(([v, isAllowed]) => (isAllowed && v > -Infinity ? [v] : []));
        expect(kernels.logSumExp(0)).toBeCloseTo(logSumExp(held), 5);
      }),
    );
  });

  it('refuses a mask of another size', () => {
    for (const words of [0, 1, 3]) {
      const kernels = create(33, 1);
      expect(() => kernels.banOutside(0, new Uint32Array(words))).toThrow('has 2 words');
      expect(kernels.row(0).every((v) => v === 0)).toBe(true);
    }
  });

  it('permits and lists exactly what reaches a threshold', () => {
    const threshold = fc.oneof(
      entry,
      fc.double({ min: -30, max: 30, noNaN: true }),
      fc.constantFrom(Infinity, -Infinity, 1e300, -1e300, 1e-300, -1e-300, Number.NaN),
    );
    fc.assert(
      fc.property(entries, threshold, (x, limit) => {
        const kernels = load(
          x,
          Array.from(x, () => -7),
        );
        kernels.permitAbove(1, 0, limit);
        expect([...kernels.row(1)]).toEqual(x.map((v) => (v >= limit ? 0 : -7)));
        const reaching = x.flatMap((v, i) => (v >= limit ? [i] : []));
        expect([...kernels.indicesAbove(0, limit)]).toEqual(reaching);
        expect([...kernels.row(0)]).toEqual([...Float32Array.from(x)]);
      }),
    );
  });

  it('compares with the threshold itself, not with its rounding to float32', () => {
    const x = Math.fround(0.7); // just below 0.7
    expect([...load([x]).indicesAbove(0, 0.7)]).toEqual([]);
    expect([...load([x]).indicesAbove(0, x)]).toEqual([0]);
  });

  it('selects the k largest in order', () => {
    fc.assert(
      fc.property(entries, fc.nat(80), (x, k) => {
        expect([...load(x).topK(0, k)]).toEqual(ranked(x).slice(0, k));
      }),
    );
  });

  it('selects from long rows: random, rising, falling, flat', () => {
    const length = 3001;
    const shapes = [
      (i: number) => Math.sin(i * i) * 10,
      (i: number) => i,
      (i: number) => -i,
      () => -3,
      (i: number) => (i % 7 === 0 ? -Infinity : i % 13),
    ];
    for (const shape of shapes) {
      const x = [...Float32Array.from({ length }, (_, i) => shape(i))];
      const kernels = load(x);
      for (const k of [1, 2, 15, 16, 17, 40, 1000, length, length + 1]) {
        expect([...kernels.topK(0, k)]).toEqual(ranked(x).slice(0, k));
      }
    }
  });

  const noises = fc.record({
    seed: fc.maxSafeInteger(),
    position: fc.nat(2 ** 31),
    attempt: fc.nat(2 ** 20),
  });

  /** The race's scores, in float64. */
  const scoresOf = (weights: readonly number[], ids: readonly number[], noise: Noise): number[] =>
    weights.map((weight, i) => weight / exponentialAt(noise, ids[i]!));

  it('lets an entry win the race whose weight is largest beside its variate', () => {
    const scales = fc.constantFrom(1, 0.3, 4, 1e-4, 1e4);
    const rows = fc.array(entry, { minLength: 1, maxLength: 200, size: 'max' });
    fc.assert(
      fc.property(rows, scales, noises, (x, scale, noise) => {
        const max = Math.max(...x);
        fc.pre(max !== -Infinity);
        const weights = x.map((v) => Math.exp(scale * (v - max)));
        const scores = scoresOf(weights, [...x.keys()], noise);
        const winner = load(x).race(0, scale, noise);
        expect(scores[winner]).toBeGreaterThanOrEqual(Math.max(...scores) * (1 - 1e-5));
      }),
    );
  });

  it('lets the same win among a list as among all', () => {
    fc.assert(
      fc.property(fc.array(float32(-20, 5), lengths), noises, (x, noise) => {
        const kernels = load(x);
        const { weights } = kernels.exponentials(0);
        const winner = kernels.race(0, 1, noise);
        const ids = Int32Array.from(x.keys());
        const given = kernels.exponentials(0).weights;
        expect(ids[kernels.raceAmong(ids, given, noise)]).toBe(winner);
        const without = ids.filter((id) => id !== winner);
        if (without.length === 0) return;
        const others = Float32Array.from(without, (id) => Math.exp(x[id]! - Math.max(...x)));
        const scores = scoresOf([...others], [...without], noise);
        const second = kernels.raceAmong(without, others, noise);
        expect(scores[second]).toBeGreaterThanOrEqual(Math.max(...scores) * (1 - 1e-5));
        expect(weights.length).toBe(x.length);
      }),
    );
  });

  it('runs a race by its probabilities', () => {
    const x = [0, -1, -2, -3, -Infinity, -0.5];
    const mass = x.reduce((sum, v) => sum + Math.exp(v), 0);
    const kernels = load(x);
    const counts = x.map(() => 0);
    const draws = 20_000;
    for (let position = 0; position < draws; position++) {
      counts[kernels.race(0, 1, { seed: 5, position, attempt: 0 })]! += 1;
    }
    const chiSquare = x.reduce((sum, v, i) => {
      const expected = (draws * Math.exp(v)) / mass;
      return expected === 0 ? sum + counts[i]! : sum + (counts[i]! - expected) ** 2 / expected;
    }, 0);
    expect(chiSquare).toBeLessThan(18.5); // 99.9 % of χ² with 4 degrees of freedom
  });

  it('refuses races that nobody can win, and what is no noise', () => {
    const noise = { seed: 0, position: 0, attempt: 0 };
    const kernels = load([-Infinity, -Infinity]);
    expect(() => kernels.race(0, 1, noise)).toThrow('none can win');
    expect(() => kernels.raceAmong(new Int32Array(0), new Float32Array(0), noise)).toThrow(
      '1 to 2 tokens can race',
    );
    expect(() => kernels.raceAmong(Int32Array.of(0), Float32Array.of(1, 1), noise)).toThrow(
      ContractError,
    );
    const row = load([0]);
    for (const wrong of [{ position: -1 }, { position: 2 ** 32 }, { attempt: 0.5 }]) {
      expect(() => row.race(0, 1, { ...noise, ...wrong })).toThrow(ContractError);
    }
    expect(() => row.race(0, 1, { ...noise, seed: 0.5 })).toThrow('seed must be an integer');
    expect(() => row.race(0, 0, noise)).toThrow('scale must be');
  });

  it.each([-1, 1.5, Number.NaN, Infinity])('refuses k = %d', (k) => {
    expect(() => load([1]).topK(0, k)).toThrow(ContractError);
  });
});

describe('createRowKernels in particular', () => {
  it('has room for every index of a row that fills its pages exactly', () => {
    const kernels = createRowKernels(65_536 / 4, 1);
    expect(kernels.topK(0, kernels.length).at(-1)).toBe(kernels.length - 1);
    expect(kernels.indicesAbove(0, 0).at(-1)).toBe(kernels.length - 1);
  });

  it('refuses what would need 4 GiB, and says how much fits', () => {
    expect(() => createRowKernels(128_256, 9000)).toThrow('At most 8368 rows of that length fit');
    expect(() => createRowKernels(2 ** 31, 1)).toThrow('Not one row of that length fits');
  });
});
