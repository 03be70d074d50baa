import { InvalidOptionError } from '../spec/index.ts';
import type { Basis } from './basis.ts';
import type { Gaussian } from './gaussian.ts';

/** One dimension of φ as a linear function of the features: `weight · features + bias`. */
export interface LinearDimension {
  /** Shape `[features]`. */
  readonly weight: Float32Array;
  readonly bias: number;
}

/** A dimension as somebody measures it: in units of `deviation`, where the basis has units of 1. */
export interface MeasuredDimension {
  readonly name: string;
  readonly deviation: number;
}

/**
 * `φ_k = Σ_j weights_kj (features_j − center_j) / scale_j`, its constants gathered.
 * @throws InvalidOptionError if the basis has no dimension of this name.
 */
export function linearDimension(basis: Basis, name: string): LinearDimension {
  const { center, scale, weights } = basis;
  const row = weights[indexOf(basis, name)]!;
  const weight = row.map((value, j) => value / scale[j]!);
  return {
    weight: Float32Array.from(weight),
    bias: -weight.reduce((sum, value, j) => sum + value * center[j]!, 0),
  };
}

/**
 * The population's λ over some of the dimensions, in the units that they are measured in: whoever halves
 * a dimension's values doubles its weights.
 * @throws InvalidOptionError if the basis has no dimension of one of the names.
 */
export function priorOver(basis: Basis, measured: readonly MeasuredDimension[]): Gaussian {
  const { mean, covariance } = basis.prior;
  const dimensions = measured.map(({ name, deviation }) => ({
    k: indexOf(basis, name),
    deviation,
  }));
  return {
    mean: dimensions.map(({ k, deviation }) => mean[k]! * deviation),
    covariance: dimensions.map((row) =>
      dimensions.map((column) => covariance[row.k]![column.k]! * row.deviation * column.deviation),
    ),
  };
}

/**
 * How much each dimension moves choices: the root of the mean of λ_k² over the population, which is the
 * singular value of users' rewards of answers, by the root of how many there are. In log-odds.
 */
export function dimensionStrengths({ prior: { mean, covariance } }: Basis): number[] {
  return mean.map((middle, k) => Math.sqrt(middle ** 2 + covariance[k]![k]!));
}

function indexOf({ names }: Basis, name: string): number {
  const k = names.indexOf(name);
  if (k >= 0) return k;
  throw new InvalidOptionError(
    'head',
    `The basis has no dimension ${JSON.stringify(name)}: it has ${names.join(', ')}.`,
  );
}
