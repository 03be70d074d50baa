import { uniformAt } from '../../math/index.ts';
import { groupMembers, groupSums, type Grouping } from './groups.ts';
import { requirePaired } from './paired.ts';

export interface PermutationOptions extends Grouping {
  /** Permutations drawn where there are too many to go through them all. */
  readonly permutations?: number;
  readonly seed?: number;
}

const permutationDefaults = {
  permutations: 10_000,
  seed: 0,
} as const satisfies PermutationOptions;

/** Up to as many differing items or groups, all 2^n permutations are gone through. */
const MOST_EXACT = 12;

/** Signs taken from one random number. */
const WORD_BITS = 32;

/** Sums of the same numbers in another order are equal up to this, relative to their size. */
const ROUNDING = 1e-12;

/**
 * Two-sided permutation test of paired values: the probability of a mean difference at least as large
 * if it were chance which value of an item belongs to which system. Items of a group change places
 * together. Exact for up to 12 items, or groups, that differ; beyond, `(1 + hits) / (1 + permutations)`
 * of seeded random ones.
 * @returns The p-value, above 0 and at most 1. @throws InvalidOptionError for what is not paired.
 * @see Phipson & Smyth 2010, "Permutation P-values should never be zero", arXiv:1603.05766
 */
export function permutationTest(
  a: readonly number[],
  b: readonly number[],
  options: PermutationOptions = {},
): number {
  requirePaired(a, b);
  const gains = b.map((value, i) => value - a[i]!);
  const differences = groupSums(gains, groupMembers(a.length, options.groups)).filter(
    (difference) => difference !== 0,
  );
  const size = gains.reduce((sum, gain) => sum + Math.abs(gain), 0);
  const observed = Math.abs(differences.reduce((sum, difference) => sum + difference, 0));
  const isHit = (sum: number): boolean => Math.abs(sum) >= observed - ROUNDING * size;
  return differences.length <= MOST_EXACT
    ? exactShare(differences, isHit)
    : drawnShare(differences, isHit, { ...permutationDefaults, ...options });
}

function exactShare(differences: readonly number[], isHit: (sum: number) => boolean): number {
  const all = 2 ** differences.length;
  let hits = 0;
  for (let signs = 0; signs < all; signs++) {
    const sum = differences.reduce(
      (partial, difference, i) => partial + (signs & (1 << i) ? -difference : difference),
      0,
    );
    if (isHit(sum)) hits += 1;
  }
  return hits / all;
}

function drawnShare(
  differences: readonly number[],
  isHit: (sum: number) => boolean,
  { permutations, seed }: Pick<Required<PermutationOptions>, 'permutations' | 'seed'>,
): number {
  const words = Math.ceil(differences.length / WORD_BITS);
  let hits = 0;
  for (let permutation = 0; permutation < permutations; permutation++) {
    let sum = 0;
    let signs = 0;
    for (let i = 0; i < differences.length; i++) {
      const word = permutation * words + Math.floor(i / WORD_BITS);
      if (i % WORD_BITS === 0) signs = Math.floor(uniformAt(seed, word) * 2 ** WORD_BITS);
      sum += signs & (1 << (i % WORD_BITS)) ? -differences[i]! : differences[i]!;
    }
    if (isHit(sum)) hits += 1;
  }
  return (1 + hits) / (1 + permutations);
}
