// Simulated users: a population of λ, pairs of answers to ask about, and what a user answers.
import { uniformAt } from '../../src/math/index.ts';
import {
  answerProbabilities,
  defaultTieProbability,
  type Candidate,
  type PreferenceAnswer,
} from '../../src/preference/index.ts';
import { mean } from '../shared/numbers.ts';

/** How figures go that show what is known after how many questions. */
export const questionScale = {
  across: [0, 5, 10, 15, 20],
  caption: 'Across: questions answered. Bands: 95 % bootstrap intervals over users.',
} as const;

/** Draws in a row from one seed. */
export interface Random {
  uniform(): number;
  normal(): number;
}

export function createRandom(seed: number): Random {
  let counter = 0;
  const uniform = () => uniformAt(seed, counter++);
  return {
    uniform,
    normal: () => Math.sqrt(-2 * Math.log(1 - uniform())) * Math.cos(2 * Math.PI * uniform()),
  };
}

/** Weights in units of the answers' noise: what a margin's log-odds are made of. */
export type Lambda = readonly number[];

/** Draws users' λ from a normal distribution of its own: mean 0.5 and correlations of its own. */
export function createPopulation(random: Random, dimension: number, noise: number): () => Lambda {
  const middles = Array.from({ length: dimension }, () => 0.5 * random.normal());
  const shared = Array.from({ length: dimension }, () => [random.normal(), random.normal()]);
  return () => {
    const factors = [random.normal(), random.normal()];
    return middles.map((middle, k) => {
      const together = 0.5 * (shared[k]![0]! * factors[0]! + shared[k]![1]! * factors[1]!);
      return (middle + together + 0.7 * random.normal()) / noise;
    });
  };
}

/** Pairs of answers whose attributes are independent and standard normal. */
export function createPairs(random: Random, dimension: number, count: number): Candidate[] {
  return Array.from({ length: count }, (_, i) => ({
    id: String(i),
    difference: Array.from({ length: dimension }, () => random.normal() - random.normal()),
  }));
}

export function marginOf(lambda: Lambda, { difference }: Candidate): number {
  return difference.reduce((sum, value, k) => sum + value * lambda[k]!, 0);
}

export function answerOf(lambda: Lambda, pair: Candidate, random: Random): PreferenceAnswer {
  const { first, tie } = answerProbabilities(marginOf(lambda, pair), defaultTieProbability);
  const draw = random.uniform();
  return draw < first ? 'first' : draw < first + tie ? 'tie' : 'second';
}

/**
 * Of decided answers about these pairs, the share that `estimate` foretells, in expectation.
 * @param truth - The same pairs as the user sees them.
 */
export function accuracyOf(
  estimate: Lambda,
  lambda: Lambda,
  pairs: readonly Candidate[],
  truth = pairs,
): number {
  const shares = pairs.map((pair, i) => {
    const guess = Math.sign(marginOf(estimate, pair));
    return guess === 0 ? 0.5 : 1 / (1 + Math.exp(-guess * marginOf(lambda, truth[i]!)));
  });
  return mean(shares);
}

/** 0 where there is no estimate yet. */
export function cosineOf(a: Lambda, b: Lambda): number {
  const product = (x: Lambda, y: Lambda) => x.reduce((sum, value, k) => sum + value * y[k]!, 0);
  const norms = Math.sqrt(product(a, a) * product(b, b));
  return norms === 0 ? 0 : product(a, b) / norms;
}
