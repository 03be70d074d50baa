import { InvalidOptionError } from '../spec/index.ts';
import { requireGaussian, type Gaussian } from './gaussian.ts';
import { laplaceApproximation, type Evidence } from './laplace.ts';
import { defaultTieProbability, requireTieProbability } from './likelihood.ts';
import { requireObservation, type Observation } from './observation.ts';

/** What is assumed of a user before any answer. */
export interface PreferenceModel {
  /** Of λ over the population: {@link standardNormal}, or what `fitPopulationPrior` learned. */
  readonly prior: Gaussian;
  /** Of two equally good answers, 0 to 0.99; `defaultTieProbability` unless given. */
  readonly tieProbability?: number;
  /** An answer counts half after so many milliseconds; `null`, the default, is never. */
  readonly halfLifeMs?: number | null;
}

/**
 * What is known of one user's λ, approximately `N(mean, covariance)`. Plain data, and all of it follows
 * from the model, the observations and the time: to store a user, store those, and call
 * {@link fitPosterior}, which checks them.
 */
export interface Posterior extends Gaussian {
  readonly model: Required<PreferenceModel>;
  /** All of them, in order, 'neither' included. */
  readonly observations: readonly Observation[];
}

/**
 * The posterior before any answer: the prior. It is what a reset goes back to.
 * @throws InvalidOptionError naming what of the model is out of range.
 */
export function createPosterior(model: PreferenceModel): Posterior {
  const { prior, tieProbability = defaultTieProbability, halfLifeMs = null } = model;
  requireGaussian('prior', prior);
  requireTieProbability(tieProbability);
  if (halfLifeMs !== null && !(halfLifeMs > 0)) {
    throw new InvalidOptionError(
      'halfLifeMs',
      `halfLifeMs must be a number of milliseconds above 0, or null, not ${halfLifeMs}.`,
    );
  }
  return {
    mean: prior.mean,
    covariance: prior.covariance,
    model: { prior, tieProbability, halfLifeMs },
    observations: [],
  };
}

/**
 * The Laplace posterior of these observations. Weights are `½^(age / halfLifeMs)`; an observation of
 * the future is one of now.
 * @param now - Milliseconds since 1970; only a half-life asks.
 * @throws InvalidOptionError naming the model's or the observation's field that cannot be used.
 */
export function fitPosterior(
  model: PreferenceModel,
  observations: readonly Observation[],
  now: number,
): Posterior {
  return updatePosterior(createPosterior(model), observations, now);
}

/**
 * The posterior with more observations: the same, up to rounding, as that of all of them at once, in
 * any order. With none it lets those that are there age until `now`.
 * @throws InvalidOptionError naming the observation's field that cannot be used.
 */
export function updatePosterior(
  posterior: Posterior,
  observations: readonly Observation[],
  now: number,
): Posterior {
  const { model } = posterior;
  const { prior, tieProbability } = model;
  requireNow(now);
  for (const [i, observation] of observations.entries()) {
    const dimension = prior.mean.length;
    requireObservation(`observations[${i}]`, observation, { dimension, tieProbability });
  }
  const all = { model, observations: [...posterior.observations, ...observations] };
  const start = posterior.mean;
  return {
    ...laplaceApproximation(prior, evidenceOf(all, now), { tieProbability, start }),
    ...all,
  };
}

/** The observations that compare, weighted by their age. */
export function evidenceOf(
  { model, observations }: Pick<Posterior, 'model' | 'observations'>,
  now: number,
): Evidence[] {
  return observations.flatMap((observation) => toEvidence(observation, model, now));
}

function toEvidence(
  { difference, answer, at }: Observation,
  { halfLifeMs }: Posterior['model'],
  now: number,
): Evidence[] {
  const age = Math.max(0, now - at);
  const weight = halfLifeMs === null ? 1 : 0.5 ** (age / halfLifeMs);
  return answer === 'neither' || weight === 0 ? [] : [{ difference, answer, weight }];
}

function requireNow(now: number): void {
  if (Number.isFinite(now)) return;
  throw new InvalidOptionError('now', `now must be milliseconds since 1970, not ${now}.`);
}
