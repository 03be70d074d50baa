import * as fc from 'fast-check';
import { describe, expect, it } from 'vitest';

import {
  keepProbability,
  recoveredProbabilities,
  type DraftedToken,
  type TokenProbabilities,
} from './coupling.ts';

/** A distribution over some of six tokens. */
const distribution = fc
  .array(fc.tuple(fc.boolean(), fc.double({ min: 1e-6, max: 1, noNaN: true })), {
    minLength: 6,
    maxLength: 6,
  })
  .filter((entries) => entries.some(([isThere]) => isThere))
  .map((entries): TokenProbabilities => {
    const there = entries.flatMap(([isThere, weight], tokenId) =>
      isThere ? [{ tokenId, weight }] : [],
    );
    const mass = there.reduce((sum, { weight }) => sum + weight, 0);
    return {
      tokenIds: Int32Array.from(there, ({ tokenId }) => tokenId),
      probabilities: Float64Array.from(there, ({ weight }) => weight / mass),
    };
  });

const toArray = ({ tokenIds, probabilities }: TokenProbabilities): number[] => {
  const all = Array.from({ length: 6 }, () => 0);
  for (const [i, tokenId] of tokenIds.entries()) all[tokenId] = probabilities[i]!;
  return all;
};

/** The distribution of what comes of a draft, token by token: kept, or recovered. */
function outcome(target: TokenProbabilities, drafts: readonly (readonly [number, DraftedToken])[]) {
  const masses = Array.from({ length: 6 }, () => 0);
  for (const [mass, drafted] of drafts) {
    const kept = keepProbability(target, drafted);
    masses[drafted.tokenId]! += mass * kept;
    const recovered = toArray(recoveredProbabilities(target, drafted));
    if (kept < 1) recovered.forEach((p, tokenId) => (masses[tokenId]! += mass * (1 - kept) * p));
  }
  return masses;
}

const distance = (a: readonly number[], b: readonly number[]): number =>
  a.reduce((sum, p, i) => sum + Math.abs(p - b[i]!) / 2, 0);

describe('the maximal coupling', () => {
  it('has the distribution of the target, whatever drafted', () => {
    fc.assert(
      fc.property(distribution, distribution, (target, from) => {
        const drafts = Array.from(
          from.probabilities,
          (mass, i) => [mass, { tokenId: from.tokenIds[i]!, probabilities: from }] as const,
        );
        expect(distance(outcome(target, drafts), toArray(target))).toBeLessThan(1e-12);
      }),
    );
  });

  it('has it also where the draft was certain', () => {
    fc.assert(
      fc.property(distribution, fc.nat(5), (target, tokenId) => {
        const certain = { tokenId, probabilities: null };
        expect(distance(outcome(target, [[1, certain]]), toArray(target))).toBeLessThan(1e-12);
      }),
    );
  });

  it('keeps the draft as often as two draws can agree', () => {
    fc.assert(
      fc.property(distribution, distribution, (target, from) => {
        const kept = from.probabilities.reduce(
          (sum, mass, i) =>
            sum +
            mass * keepProbability(target, { tokenId: from.tokenIds[i]!, probabilities: from }),
          0,
        );
        expect(kept).toBeCloseTo(1 - distance(toArray(target), toArray(from)), 12);
      }),
    );
  });

  it('would not have it if what was drafted from were made to add up to one twice', () => {
    // What the code of "Language Model Arithmetic" does with three terms: a stored distribution is normalised again
    // after tokens of it were left out.
    const target = {
      tokenIds: Int32Array.of(0, 1, 2),
      probabilities: Float64Array.of(0.1, 0.3, 0.6),
    };
    const from = {
      tokenIds: Int32Array.of(0, 1, 2),
      probabilities: Float64Array.of(0.5, 0.3, 0.2),
    };
    const twice = { tokenIds: Int32Array.of(0, 1), probabilities: Float64Array.of(0.625, 0.375) };
    const masses = [0, 0, 0, 0, 0, 0];
    for (const [i, mass] of from.probabilities.entries()) {
      const wrong = { tokenId: i, probabilities: i === 2 ? from : twice };
      const kept = keepProbability(target, wrong);
      masses[i]! += mass * kept;
      toArray(recoveredProbabilities(target, wrong)).forEach(
        (p, tokenId) => (masses[tokenId]! += mass * (1 - kept) * p),
      );
    }
    expect(distance(masses, toArray(target))).toBeGreaterThan(0.01);
  });
});
