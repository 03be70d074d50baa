import { CholeskyDecomposition, EigenvalueDecomposition, Matrix } from 'ml-matrix';

import { InvalidOptionError } from '../spec/index.ts';

/** A normal distribution over λ, the weights of a user's reward: one dimension per attribute. */
export interface Gaussian {
  /** Shape `[dimension]`. */
  readonly mean: readonly number[];
  /** Shape `[dimension, dimension]`, symmetric and positive definite. */
  readonly covariance: readonly (readonly number[])[];
}

/** Profiles have a handful of dimensions; the bound keeps a hostile file from costing minutes. */
export const MOST_DIMENSIONS = 256;

/** Far beyond any answer that is not noise: at a weight of 30 nobody errs once in 10^12 answers. */
const LARGEST_MEAN = 1e4;

/** Of a variance along any axis: inside it, double precision holds every computation here. */
const variances = { from: 1e-8, to: 1e8 };

/**
 * Independent weights around 0. With attributes measured in standard deviations, `sd = 1` says that
 * one of them moves the odds of a choice by a factor of e^±1, about 2.7.
 * @param sd - Standard deviation of every weight, 1e-4 to 1e4.
 */
export function standardNormal(dimension: number, sd = 1): Gaussian {
  if (!Number.isInteger(dimension) || dimension < 1 || dimension > MOST_DIMENSIONS) {
    throw new InvalidOptionError(
      'dimension',
      `dimension must be an integer from 1 to ${MOST_DIMENSIONS}, not ${dimension}.`,
    );
  }
  const gaussian = {
    mean: Array.from({ length: dimension }, () => 0),
    covariance: Matrix.eye(dimension, dimension, sd ** 2).to2DArray(),
  };
  requireGaussian('sd', gaussian);
  return gaussian;
}

/**
 * @param option - What the distribution is to its caller, for the message.
 * @throws InvalidOptionError unless shapes agree, all numbers are finite, and the covariance is
 *   symmetric with eigenvalues from 1e-8 to 1e8.
 */
export function requireGaussian(option: string, { mean, covariance }: Gaussian): void {
  const refuse = (message: string): never => {
    throw new InvalidOptionError(option, `${option}: ${message}`);
  };
  const dimension = mean.length;
  if (dimension < 1 || dimension > MOST_DIMENSIONS) {
    refuse(`the mean must have 1 to ${MOST_DIMENSIONS} dimensions, not ${dimension}.`);
  }
  const strange = mean.find((value) => !(Math.abs(value) <= LARGEST_MEAN));
  if (strange !== undefined) {
    refuse(`means must be numbers of at most ${LARGEST_MEAN} in magnitude, not ${strange}.`);
  }
  if (covariance.length !== dimension || covariance.some((row) => row.length !== dimension)) {
    refuse(`the covariance must be ${dimension} × ${dimension}, like the mean.`);
  }
  if (!covariance.every((row) => row.every(Number.isFinite))) {
    refuse('the covariance must be finite.');
  }
  if (!covariance.every((row, i) => row.every((value, j) => value === covariance[j]![i]))) {
    refuse('the covariance must be symmetric.');
  }
  const [least, largest] = spectrum(covariance);
  if (!(least >= variances.from && largest <= variances.to)) {
    refuse(
      `the covariance must have eigenvalues from ${variances.from} to ${variances.to}, ` +
        `not ${least} to ${largest}.`,
    );
  }
}

/** `L` of `covariance = L Lᵀ`, lower triangular. */
export function choleskyFactor(covariance: Gaussian['covariance']): Matrix {
  return new CholeskyDecomposition(covariance).lowerTriangularMatrix;
}

/** `vᵀ Σ v`: the variance of `λᵀ v`; at least 0. */
export function varianceAlong(
  covariance: Gaussian['covariance'],
  direction: readonly number[],
): number {
  let variance = 0;
  for (let i = 0; i < direction.length; i++) {
    const row = covariance[i]!;
    let product = 0;
    for (let j = 0; j < direction.length; j++) product += row[j]! * direction[j]!;
    variance += direction[i]! * product;
  }
  return Math.max(0, variance);
}

/** `Σ_i a_i b_i`. */
export function dot(a: ArrayLike<number>, b: ArrayLike<number>): number {
  let sum = 0;
  for (let i = 0; i < a.length; i++) sum += a[i]! * b[i]!;
  return sum;
}

/** The least and the largest eigenvalue. */
function spectrum(covariance: Gaussian['covariance']): [least: number, largest: number] {
  const { realEigenvalues } = new EigenvalueDecomposition(covariance, { assumeSymmetric: true });
  return [Math.min(...realEigenvalues), Math.max(...realEigenvalues)];
}
