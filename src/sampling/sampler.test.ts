import * as fc from 'fast-check';
import { describe, expect, it } from 'vitest';
import { runs } from '../../test/support/runs.ts';
import {
  createReferenceRowKernels,
  createRowKernels,
  exponentialAt,
  type RowKernels,
  uniformAt,
} from '../math/index.ts';
import {
  EmptySupportError,
  ContractError,
  InvalidOptionError,
  type SamplingOptions,
} from '../spec/index.ts';
import { createSampler, resolveSampling, type Sampler, type TokenProbabilities } from './index.ts';

type Entries = readonly number[];

function samplerOf(options: SamplingOptions, vocabSize: number, seed = 1): Sampler {
  return createSampler({ sampling: resolveSampling(options), vocabSize, promptTokens: [], seed });
}

/** A sampler over four tokens. */
function smallSampler(biasedToken: number, promptTokens: readonly number[]): Sampler {
  return createSampler({
    sampling: resolveSampling({ logitBias: { [biasedToken]: 1 } }),
    vocabSize: 4,
    promptTokens,
    seed: 0,
  });
}

/** Logits like a model's: a bell of the given width, some ties, some tokens banned. */
function pseudoLogits(seed: number, length: number, width: number): number[] {
  return Array.from({ length }, (_, i) => {
    const [u, v] = [uniformAt(seed, 2 * i), uniformAt(seed, 2 * i + 1)];
    if (i > 0 && v < 0.05) return -Infinity;
    const bell = width * Math.sqrt(-2 * Math.log(1 - u)) * Math.cos(2 * Math.PI * v);
    return Math.fround(v > 0.7 ? Math.round(bell) : bell);
  });
}

/** The documented distribution, step by step over sorted arrays, in float64. */
function expectedProbabilities(x: Entries, options: SamplingOptions): Map<number, number> {
  const { temperature, topK, topP, minP, typicalP } = resolveSampling(options);
  const max = Math.max(...x);
  let kept = x.map((logit, tokenId) => ({
    tokenId,
    logit,
    p: Math.exp((logit - max) / temperature),
  }));
  const normalize = (): void => {
    const mass = kept.reduce((sum, { p }) => sum + p, 0);
    kept = kept.map((token) => ({ ...token, p: token.p / mass }));
  };
  const keepMass = (mass: number): void => {
    let reached = 0;
    const end = kept.findIndex(({ p }) => (reached += p) >= mass);
    if (end !== -1) kept.length = end + 1;
    normalize();
  };
  kept = kept.toSorted((a, b) => b.logit - a.logit || a.tokenId - b.tokenId);
  if (topK > 0) kept.length = Math.min(topK, kept.length);
  kept = kept.filter(({ p }) => p > 0);
  normalize();
  if (typicalP < 1) {
    const entropy = -kept.reduce((sum, { p }) => sum + p * Math.log(p), 0);
    const oddity = (p: number): number => Math.abs(-Math.log(p) - entropy);
    kept = kept.toSorted((a, b) => oddity(a.p) - oddity(b.p) || a.tokenId - b.tokenId);
    keepMass(typicalP);
    kept = kept.toSorted((a, b) => b.p - a.p || a.tokenId - b.tokenId);
  }
  if (topP < 1) keepMass(topP);
  kept = kept.filter(({ p }) => p >= minP * kept[0]!.p);
  normalize();
  return new Map(kept.toSorted((a, b) => a.tokenId - b.tokenId).map((t) => [t.tokenId, t.p]));
}

/** 99.9 % of χ², by Wilson and Hilferty's approximation. */
function criticalChiSquare(degrees: number): number {
  const spread = 2 / (9 * degrees);
  return degrees * (1 - spread + 3.09 * Math.sqrt(spread)) ** 3;
}

describe.each([
  { name: 'SIMD', create: createRowKernels },
  { name: 'reference', create: createReferenceRowKernels },
])('createSampler over $name kernels', ({ create }) => {
  function load(x: Entries): RowKernels {
    const kernels = create(x.length, 1);
    kernels.row(0).set(x);
    return kernels;
  }

  // No round numbers: at a mass that is met exactly, rounding decides in both calculations.
  const options = fc.record(
    {
      topK: fc.integer({ min: 1, max: 60 }),
      typicalP: fc.constantFrom(0.1237, 0.5003, 0.9017),
      topP: fc.constantFrom(0.0513, 0.5003, 0.9017, 0.99903, 0.99999983),
      minP: fc.constantFrom(1.3e-9, 0.0107, 0.3011, 1),
    },
    { requiredKeys: [] },
  );

  it.each([-5, -8, -11, -14])(
    'looks below %d where what is above lacks a little of top-p',
    (depth) => {
      // One token, and so many just below that depth that it has 93 to 97 % of all.
      const count = Math.ceil(0.05 * Math.exp(Math.min(-depth, 10) + 0.125));
      const others = Array.from({ length: count }, () => depth - 0.125);
      const rest = Math.max(0, 0.05 - count * Math.exp(depth - 0.125));
      const x = [0, ...others, ...(rest > 0.001 ? [Math.log(rest)] : [])];
      const sampling = { temperature: 1, topP: 0.9817 };
      const expected = expectedProbabilities(x, sampling);
      const { tokenIds, probabilities } = samplerOf(sampling, x.length).probabilities(load(x), 0);
      expect([...tokenIds]).toEqual([...expected.keys()]);
      expect(probabilities[0]).toBeCloseTo(expected.get(0)!, 6);
    },
  );

  it('gives the documented distribution for every mixture of filters', () => {
    const temperature = fc.constantFrom(0.05, 0.7, 1, 2.5, 30);
    const width = fc.constantFrom(0, 0.5, 3, 12);
    fc.assert(
      fc.property(
        options,
        temperature,
        width,
        fc.nat(),
        fc.integer({ min: 1, max: 300 }),
        (filters, t, w, seed, length) => {
          const x = pseudoLogits(seed, length, w);
          const sampling = { ...filters, temperature: t };
          const expected = expectedProbabilities(x, sampling);
          const actual = samplerOf(sampling, length).probabilities(load(x), 0);
          const visible = [...expected].filter(([, p]) => p > 1e-30); // e^-87 is none
          const found = [...actual.tokenIds].filter((_, i) => actual.probabilities[i]! > 1e-30);
          expect(found).toEqual(visible.map(([tokenId]) => tokenId));
          const errors = [...actual.tokenIds].map((tokenId, i) =>
            Math.abs(actual.probabilities[i]! - expected.get(tokenId)!),
          );
          expect(Math.max(...errors.filter((error) => !Number.isNaN(error)))).toBeLessThan(1e-6);
          expect(actual.probabilities.reduce((sum, p) => sum + p, 0)).toBeCloseTo(1, 12);
        },
      ),
      { numRuns: runs(200) },
    );
  });

  it.each<SamplingOptions>([
    {},
    { temperature: 0.6 },
    { temperature: 3, topK: 7 },
    { topP: 0.8 },
    { temperature: 1.5, minP: 0.1 },
    { typicalP: 0.7 },
    { temperature: 2, topK: 15, typicalP: 0.9, topP: 0.9, minP: 0.02 },
  ])('draws from that distribution with %o', (filters) => {
    const draws = 4000;
    const x = pseudoLogits(99, 20, 1.5);
    const kernels = load(x);
    const sampler = samplerOf(filters, x.length, 12_345);
    const counts = x.map(() => 0);
    for (let i = 0; i < draws; i++) {
      const tokenId = sampler.choose(kernels, 0);
      counts[tokenId]! += 1;
      sampler.accept(tokenId);
    }
    const expected = expectedProbabilities(x, filters);
    expect(counts.every((count, tokenId) => count === 0 || expected.has(tokenId))).toBe(true);
    const chiSquare = [...expected].reduce((sum, [tokenId, p]) => {
      return sum + (counts[tokenId]! - draws * p) ** 2 / (draws * p);
    }, 0);
    expect(chiSquare).toBeLessThan(criticalChiSquare(expected.size - 1));
  });

  it('chooses what wins the race of the seed, the position and the attempt', () => {
    fc.assert(
      fc.property(
        options,
        fc.nat(),
        fc.maxSafeInteger(),
        fc.nat(5),
        fc.nat(3),
        (filters, row, seed, position, attempt) => {
          const x = pseudoLogits(row, 50, 2);
          const kernels = load(x);
          const sampler = samplerOf(filters, 50, seed);
          for (let i = 0; i < position; i++) sampler.accept(i);
          const { tokenIds, probabilities } = sampler.probabilities(kernels, 0);
          const scores = probabilities.map(
            (p, i) => p / exponentialAt({ seed, position, attempt }, tokenIds[i]!),
          );
          const best = Math.max(...scores);
          const chosen = sampler.choose(kernels, 0, attempt);
          expect(scores[tokenIds.indexOf(chosen)]).toBeGreaterThan(best * (1 - 1e-5));
          expect(sampler.choose(kernels, 0, attempt)).toBe(chosen);
          expect([...kernels.row(0)]).toEqual(x);
        },
      ),
    );
  });

  it('agrees with another row as often as Gumbel coupling promises', () => {
    // At least (1 - TV) / (1 + TV) of the draws: Daliri et al. 2024, theorem 3.
    const [p, q] = [pseudoLogits(3, 30, 1), pseudoLogits(4, 30, 1)];
    const mixed = p.map((logit, i) => (Number.isFinite(q[i]!) ? 0.7 * logit + 0.3 * q[i]! : logit));
    const [one, other] = [load(p), load(mixed)];
    const sampler = samplerOf({}, 30, 8);
    const [a, b] = [one, other].map((kernels) => sampler.probabilities(kernels, 0));
    const of = ({ tokenIds, probabilities }: TokenProbabilities, tokenId: number): number =>
      probabilities[tokenIds.indexOf(tokenId)] ?? 0;
    const ids = [...new Set([...a!.tokenIds, ...b!.tokenIds])];
    const distance = ids.reduce((sum, id) => sum + Math.abs(of(a!, id) - of(b!, id)) / 2, 0);
    const draws = 20_000;
    let agreed = 0;
    for (let i = 0; i < draws; i++) {
      const tokenId = sampler.choose(one, 0);
      if (sampler.choose(other, 0) === tokenId) agreed++;
      sampler.accept(tokenId);
    }
    expect(distance).toBeGreaterThan(0.1);
    const least = (1 - distance) / (1 + distance);
    expect(agreed / draws).toBeGreaterThan(least - 3 * Math.sqrt((least * (1 - least)) / draws));
    expect(agreed / draws).toBeLessThan(1 - distance + 0.02);
  });

  it.each<SamplingOptions>([{}, { temperature: 0 }, { topK: 5 }, { topP: 0.8, temperature: 1.7 }])(
    'keeps or replaces a drafted token by the distribution itself with %o',
    (filters) => {
      const x = pseudoLogits(99, 20, 1.5);
      const [target, drafter] = [load(x), load(pseudoLogits(98, 20, 1.5))];
      const sampler = samplerOf(filters, x.length, 77);
      const expected = expectedProbabilities(x, filters);
      const draws = 20_000;
      for (const isCertain of [false, true]) {
        const counts = x.map(() => 0);
        let kept = 0;
        const from = sampler.draft(drafter, 0);
        for (let i = 0; i < draws; i++) {
          const drafted = isCertain
            ? { tokenId: from.tokenId, probabilities: null }
            : sampler.draft(drafter, 0);
          const tokenId = sampler.couple(target, 0, drafted);
          if (tokenId === drafted.tokenId) kept++;
          counts[tokenId]! += 1;
          sampler.accept(tokenId);
        }
        sampler.truncate(0);
        const greedy = filters.temperature === 0;
        const shown = greedy ? new Map([[x.indexOf(Math.max(...x)), 1]]) : expected;
        const chiSquare = [...shown].reduce((sum, [tokenId, p]) => {
          return sum + (counts[tokenId]! - draws * p) ** 2 / (draws * p);
        }, 0);
        expect(counts.every((count, tokenId) => count === 0 || shown.has(tokenId))).toBe(true);
        expect(chiSquare).toBeLessThan(criticalChiSquare(Math.max(1, shown.size - 1)));
        const agreement = isCertain
          ? (shown.get(from.tokenId) ?? 0)
          : [...shown].reduce((sum, [tokenId, p]) => {
              const { tokenIds, probabilities } = from.probabilities!;
              return sum + Math.min(p, probabilities[tokenIds.indexOf(tokenId)] ?? 0);
            }, 0);
        expect(kept / draws).toBeCloseTo(agreement, 1.5);
      }
    },
  );

  it('takes the argmax at temperature 0, whatever the filters', () => {
    fc.assert(
      fc.property(options, fc.nat(), (filters, seed) => {
        const x = pseudoLogits(seed, 40, 0.8);
        const sampler = samplerOf({ ...filters, temperature: 0 }, 40, seed);
        const best = x.indexOf(Math.max(...x));
        expect(sampler.choose(load(x), 0)).toBe(best);
        expect(sampler.probabilities(load(x), 0)).toEqual({
          tokenIds: Int32Array.of(best),
          probabilities: Float64Array.of(1),
        });
      }),
    );
  });

  it('breaks ties by the lower token id: greedy, top-k and top-p', () => {
    const kernels = load([0, 3, 1, 3, 3]);
    expect(samplerOf({ temperature: 0 }, 5).choose(kernels, 0)).toBe(1);
    const kept = (filters: SamplingOptions): number[] => [
      ...samplerOf(filters, 5).probabilities(kernels, 0).tokenIds,
    ];
    expect(kept({ topK: 2 })).toEqual([1, 3]);
    expect(kept({ topP: 0.5 })).toEqual([1, 3]);
    expect(kept({ minP: 1 })).toEqual([1, 3, 4]);
  });

  it.each<SamplingOptions>([{ temperature: 0 }, {}, { topK: 2 }, { topP: 0.5 }, { typicalP: 0.5 }])(
    'refuses a row that is banned as a whole with %o',
    (filters) => {
      const kernels = load([-Infinity, -Infinity, -Infinity]);
      expect(() => samplerOf(filters, 3).choose(kernels, 0)).toThrow(EmptySupportError);
      expect(() => samplerOf(filters, 3).probabilities(kernels, 0)).toThrow(EmptySupportError);
    },
  );

  it('never draws a banned token, even with nothing else in the top k', () => {
    const kernels = load([-Infinity, 1, -Infinity, -Infinity]);
    const sampler = samplerOf({ topK: 3, temperature: 100 }, 4);
    expect([...sampler.probabilities(kernels, 0).tokenIds]).toEqual([1]);
  });

  it('adjusts by penalties over prompt and answer, then by bias', () => {
    const kernels = load([4, 4, 4, 4]);
    const sampler = createSampler({
      sampling: resolveSampling({
        repetitionPenalty: 2,
        presencePenalty: 0.5,
        frequencyPenalty: 0.25,
        logitBias: { 1: 1, 3: -100 },
      }),
      vocabSize: 4,
      promptTokens: [0, 0, 1],
      seed: 0,
    });
    sampler.accept(1);
    sampler.accept(2);
    sampler.accept(2);
    sampler.adjust(kernels, 0);
    expect([...kernels.row(0)]).toEqual([2, 2 - 0.25 - 0.5 + 1, 2 - 0.5 - 0.5, -Infinity]);
  });

  it('forgets what is truncated, exactly', () => {
    const tokens = fc.array(fc.nat(7), { maxLength: 12 });
    fc.assert(
      fc.property(tokens, tokens, tokens, fc.nat(), (kept, dropped, prompt, seed) => {
        const make = (): Sampler =>
          createSampler({
            sampling: resolveSampling({ repetitionPenalty: 1.3, frequencyPenalty: 0.4 }),
            vocabSize: 8,
            promptTokens: prompt,
            seed,
          });
        const [rolledBack, fresh] = [make(), make()];
        for (const tokenId of [...kept, ...dropped]) rolledBack.accept(tokenId);
        rolledBack.truncate(kept.length);
        for (const tokenId of kept) fresh.accept(tokenId);
        expect(rolledBack.length).toBe(kept.length);
        const x = pseudoLogits(seed, 8, 2);
        const [a, b] = [load(x), load(x)];
        rolledBack.adjust(a, 0);
        fresh.adjust(b, 0);
        expect(a.row(0)).toEqual(b.row(0));
        expect(rolledBack.choose(a, 0)).toBe(fresh.choose(b, 0));
      }),
    );
  });
});

describe('the noise of a draw', () => {
  it('is what decides among a few tokens, beside their logits', () => {
    let certain = 0;
    fc.assert(
      fc.property(
        fc.nat(10_000),
        fc.nat(5),
        fc.constantFrom(0, 0.2, 1, 3),
        fc.constantFrom(0, 6, 40),
        fc.uniqueArray(fc.nat(63), { minLength: 1, maxLength: 6 }),
        (seed, attempt, temperature, topK, ids) => {
          const logits = pseudoLogits(seed, 64, 3).map((logit) => Math.max(logit, -20));
          const kernels = createRowKernels(64, 1);
          kernels.fill(0, -Infinity);
          for (const id of ids) kernels.row(0)[id] = logits[id]!;
          const sampler = samplerOf({ temperature, topK }, 64, seed);
          for (let position = 0; position < 3; position++) {
            const { added, error } = sampler.noise(Int32Array.from(ids), attempt)!;
            const sums = ids.map((id, i) => logits[id]! + added[i]!);
            const [best, second = -Infinity] = sums.toSorted((a, b) => b - a);
            const tokenId = sampler.choose(kernels, 0, attempt);
            expect(sums[ids.indexOf(tokenId)]).toBeGreaterThanOrEqual(best! - error);
            if (best! - second > error) certain++;
            sampler.accept(tokenId);
          }
        },
      ),
      { numRuns: runs(300) },
    );
    expect(certain).toBeGreaterThan(runs(300));
  });

  it.each<SamplingOptions>([{ topK: 2 }, { topP: 0.9 }, { minP: 0.1 }, { typicalP: 0.9 }])(
    'does not decide alone where %j cuts tokens off; greedily nothing is cut off',
    (options) => {
      const ids = Int32Array.of(1, 2, 3);
      expect(samplerOf({ temperature: 1, ...options }, 8).noise(ids)).toBeNull();
      expect(samplerOf({ temperature: 0, ...options }, 8).noise(ids)).toEqual({
        added: new Float64Array(3),
        error: 0,
      });
    },
  );
});

describe('createSampler', () => {
  it('chooses the same over both kernels', { tags: ['slow'] }, () => {
    for (const filters of [{}, { topK: 40 }, { topP: 0.95 }, { minP: 0.05, temperature: 1.4 }]) {
      const [simd, plain] = [createRowKernels(5000, 1), createReferenceRowKernels(5000, 1)];
      const [a, b] = [samplerOf(filters, 5000, 3), samplerOf(filters, 5000, 3)];
      for (let position = 0; position < 20; position++) {
        const x = pseudoLogits(position, 5000, 3);
        simd.row(0).set(x);
        plain.row(0).set(x);
        const tokenId = a.choose(simd, 0);
        expect(b.choose(plain, 0)).toBe(tokenId);
        a.accept(tokenId);
        b.accept(tokenId);
      }
    }
  });

  it('repeats with the same seed and differs with another', () => {
    const kernels = createRowKernels(1000, 1);
    const draw = (seed: number): number[] => {
      const sampler = samplerOf({}, 1000, seed);
      return Array.from({ length: 30 }, () => {
        const tokenId = sampler.choose(kernels, 0);
        sampler.accept(tokenId);
        return tokenId;
      });
    };
    expect(draw(5)).toEqual(draw(5));
    expect(draw(5)).not.toEqual(draw(6));
  });

  it('refuses tokens, lengths and rows that do not fit', () => {
    expect(() => smallSampler(4, [])).toThrow(
      'logitBias names token 4; the vocabulary has tokens 0 to 3.',
    );
    expect(() => smallSampler(0, [-1])).toThrow(InvalidOptionError);
    const sampler = smallSampler(0, [3]);
    expect(() => sampler.accept(4)).toThrow(ContractError);
    expect(() => sampler.accept(0.5)).toThrow(ContractError);
    sampler.accept(2);
    for (const length of [-1, 2, 0.5]) {
      expect(() => sampler.truncate(length)).toThrow(ContractError);
    }
    expect(() => sampler.choose(createRowKernels(5, 1), 0)).toThrow(ContractError);
    expect(() => sampler.adjust(createRowKernels(3, 1), 0)).toThrow(ContractError);
  });
});
