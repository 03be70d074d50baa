import type { Matrix } from 'ml-matrix';

import { uniformAt } from '../math/index.ts';
import { InvalidOptionError } from '../spec/index.ts';
import {
  projectFeatures,
  requireNames,
  type Basis,
  type FeatureMap,
  type HeldOutAccuracy,
} from './basis.ts';
import { requireComparisons, type Comparison, type ComparisonData } from './comparisons.ts';
import { factorize } from './factorization.ts';
import { dot, MOST_DIMENSIONS, standardNormal, type Gaussian } from './gaussian.ts';
import { defaultTieProbability, requireTieProbability } from './likelihood.ts';
import type { Observation } from './observation.ts';
import { fitPosterior } from './posterior.ts';
import { fitPopulationPrior } from './prior.ts';

export interface BasisOptions {
  /** Of φ: at most as many as there are users, pairs and features. */
  readonly dimension: number;
  /** Of the dimensions, in order; `taste1`, `taste2`, … by default. */
  readonly names?: readonly string[];
  /** What the features are, for the provenance. */
  readonly features: string;
  /** Whose comparisons these are, for the provenance. */
  readonly comparisons: string;
  readonly tieProbability?: number;
  /** How strongly the map is drawn to 0; above 0. */
  readonly penalty?: number;
  /** Of the pairs, kept apart to measure the accuracy on; 0 to 0.9. */
  readonly heldOutShare?: number;
  /** Decides which. */
  readonly seed?: number;
}

export const basisDefaults = {
  tieProbability: defaultTieProbability,
  penalty: 1,
  heldOutShare: 0.2,
  seed: 0,
} as const satisfies Partial<BasisOptions>;

/**
 * φ from many users' comparisons: a linear map from features to the dimensions that users differ in,
 * the population's λ over them, and how well both predict answers about pairs that they never saw. The
 * map is penalised maximum likelihood, begun at the singular vectors of the matrix of users × pairs.
 * Deterministic.
 * @throws InvalidOptionError naming the option, pair or comparison that cannot be used.
 * @see Shenfeld et al. 2025, "Language Model Personalization via Reward Factorization",
 *   arXiv:2503.06358
 */
export function fitBasis(data: ComparisonData, options: BasisOptions): Basis {
  const users = requireComparisons(data);
  const settings = resolve(options);
  const { dimension, tieProbability, seed } = settings;
  const { training, heldOut } = splitPairs(data, settings);
  requireRank(dimension, users, training);
  const map = fitMap(training, users, settings);

  const told = observationsByUser(map, training, users);
  const model = { prior: standardNormal(dimension), tieProbability };
  const prior = fitPopulationPrior(
    told.map((observations) => fitPosterior(model, observations, 0)),
    0,
  );
  const lambdas = told.map(
    (observations) => fitPosterior({ prior, tieProbability }, observations, 0).mean,
  );
  return {
    format: 'trimtab-preference-basis',
    version: 1,
    names: settings.names,
    ...map,
    prior,
    tieProbability,
    provenance: {
      features: settings.features,
      comparisons: settings.comparisons,
      users,
      pairs: training.pairs.length,
      answers: told.flat().filter(({ answer }) => answer !== 'neither').length,
      seed,
      heldOut: accuracyOn(observationsByUser(map, heldOut, users), lambdas, prior),
    },
  };
}

/** Every pair is on one side, with all that was said of it. */
function splitPairs(
  { pairs, comparisons }: ComparisonData,
  { heldOutShare, seed }: { readonly heldOutShare: number; readonly seed: number },
): Record<'training' | 'heldOut', ComparisonData> {
  const isHeldOut = pairs.map((_, pair) => uniformAt(seed, pair) < heldOutShare);
  const side = (wanted: boolean): ComparisonData => {
    const indices = pairs.flatMap((_, pair) => (isHeldOut[pair] === wanted ? [pair] : []));
    const renumbered = new Map(indices.map((pair, i) => [pair, i]));
    return {
      pairs: indices.map((pair) => pairs[pair]!),
      comparisons: comparisons.flatMap((comparison): Comparison[] => {
        const pair = renumbered.get(comparison.pair);
        return pair === undefined ? [] : [{ ...comparison, pair }];
      }),
    };
  };
  return { training: side(false), heldOut: side(true) };
}

function fitMap(
  { pairs, comparisons }: ComparisonData,
  users: number,
  settings: Required<BasisOptions>,
): FeatureMap {
  const answers = pairs.flatMap(({ first, second }) => [first, second]);
  const { center, scale } = standardizationOf(answers);
  const weights = factorize({
    ...settings,
    users,
    differences: pairs.map(({ first, second }) =>
      first.map((value, j) => (value - second[j]!) / scale[j]!),
    ),
    comparisons: comparisons.flatMap(({ user, pair, answer }) =>
      answer === 'neither' ? [] : [{ user, pair, answer }],
    ),
  });
  return { center, scale, weights: toUnitSpread(weights, { center, scale }, answers) };
}

/** Mean and standard deviation of each feature; a constant one has scale 1, and differences of 0. */
function standardizationOf(answers: readonly (readonly number[])[]): Omit<FeatureMap, 'weights'> {
  const columns = answers[0]!.map((_, j) => momentsOf(answers.map((features) => features[j]!)));
  return {
    center: columns.map(({ mean }) => mean),
    scale: columns.map(({ sd }) => (sd > SMALLEST_SPREAD ? sd : 1)),
  };
}

/** Below it a spread is rounding. */
const SMALLEST_SPREAD = 1e-6;

/** Rows of standard deviation 1 over the answers, their largest entry positive. */
function toUnitSpread(
  weights: Matrix,
  standardization: Omit<FeatureMap, 'weights'>,
  answers: readonly (readonly number[])[],
): number[][] {
  const map = { ...standardization, weights: weights.to2DArray() };
  const values = answers.map((features) => projectFeatures(map, features));
  const spreads = map.weights.map((_, k) => momentsOf(values.map((phi) => phi[k]!)).sd);
  const found = spreads.filter((sd) => sd > SMALLEST_SPREAD).length;
  if (found < spreads.length) {
    throw new InvalidOptionError(
      'dimension',
      `The users differ in ${found} dimensions that the features tell, not in ${spreads.length}: ` +
        'ask for fewer, or lower the penalty.',
    );
  }
  return map.weights.map((row, k) => {
    const largest = row.reduce((a, b) => (Math.abs(b) > Math.abs(a) ? b : a));
    return row.map((weight) => (weight * Math.sign(largest)) / spreads[k]!);
  });
}

function momentsOf(values: readonly number[]): { readonly mean: number; readonly sd: number } {
  const mean = values.reduce((sum, value) => sum + value, 0) / values.length;
  const variance = values.reduce((sum, value) => sum + (value - mean) ** 2, 0) / values.length;
  return { mean, sd: Math.sqrt(variance) };
}

function observationsByUser(
  map: FeatureMap,
  { pairs, comparisons }: ComparisonData,
  users: number,
): Observation[][] {
  const differences = pairs.map(({ first, second }) => {
    const other = projectFeatures(map, second);
    return projectFeatures(map, first).map((value, k) => value - other[k]!);
  });
  const byUser = Array.from({ length: users }, (): Observation[] => []);
  for (const { user, pair, answer } of comparisons) {
    byUser[user]!.push({ difference: differences[pair]!, answer, at: 0 });
  }
  return byUser;
}

function accuracyOn(
  byUser: readonly (readonly Observation[])[],
  lambdas: readonly (readonly number[])[],
  prior: Gaussian,
): HeldOutAccuracy {
  const shareRight = (lambdaOf: (user: number) => readonly number[]) => {
    const right = byUser.flatMap((observations, user) =>
      observations.flatMap(({ difference, answer }) => {
        if (answer !== 'first' && answer !== 'second') return [];
        const agreement = dot(lambdaOf(user), difference) * (answer === 'first' ? 1 : -1);
        return [agreement > 0 ? 1 : agreement < 0 ? 0 : 0.5];
      }),
    );
    return { count: right.length, share: momentsOf(right).mean };
  };
  const { count, share } = shareRight((user) => lambdas[user]!);
  if (count === 0) return { answers: 0, accuracy: null, accuracyOfMean: null };
  return { answers: count, accuracy: share, accuracyOfMean: shareRight(() => prior.mean).share };
}

function resolve(options: BasisOptions): Required<BasisOptions> {
  const resolved = { ...basisDefaults, ...options };
  const { dimension, penalty, heldOutShare } = resolved;
  requireTieProbability(resolved.tieProbability);
  if (!Number.isInteger(dimension) || dimension < 1 || dimension > MOST_DIMENSIONS) {
    refuse('dimension', `an integer from 1 to ${MOST_DIMENSIONS}`, dimension);
  }
  const names = options.names ?? Array.from({ length: dimension }, (_, k) => `taste${k + 1}`);
  requireNames(names, dimension);
  if (!(penalty > 0 && Number.isFinite(penalty))) refuse('penalty', 'a number above 0', penalty);
  if (!(heldOutShare >= 0 && heldOutShare <= 0.9)) {
    refuse('heldOutShare', 'a number from 0 to 0.9', heldOutShare);
  }
  return { ...resolved, names };
}

function requireRank(dimension: number, users: number, { pairs }: ComparisonData): void {
  const features = pairs[0]?.first.length ?? 0;
  const most = Math.min(users, pairs.length, features);
  if (dimension > most) {
    const counts = `${users} users, ${pairs.length} pairs to learn from, ${features} features`;
    refuse('dimension', `at most ${most}, the least of ${counts}`, dimension);
  }
}

function refuse(option: keyof BasisOptions, expected: string, value: number): never {
  throw new InvalidOptionError(option, `${option} must be ${expected}, not ${value}.`);
}
