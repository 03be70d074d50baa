import { z } from 'zod';

import { InvalidOptionError } from '../spec/index.ts';
import { dot, MOST_DIMENSIONS, requireGaussian, type Gaussian } from './gaussian.ts';
import { requireTieProbability } from './likelihood.ts';

/** Where a basis comes from, and how good it is. */
export interface BasisProvenance {
  /** What the features are, e.g. the model's file and digest, and which hidden state. */
  readonly features: string;
  /** Whose comparisons these are, and under which licence. */
  readonly comparisons: string;
  readonly users: number;
  /** Pairs of answers that it was learned from. */
  readonly pairs: number;
  /** Answers that it was learned from, 'neither' not counted. */
  readonly answers: number;
  readonly seed: number;
  /** On pairs that were kept apart. */
  readonly heldOut: HeldOutAccuracy;
}

export interface HeldOutAccuracy {
  /** Decided answers, ties not counted. */
  readonly answers: number;
  /** Share of them that their users' weights predict; `null` if there are none. */
  readonly accuracy: number | null;
  /** The same with the population's mean for everyone. */
  readonly accuracyOfMean: number | null;
}

/** `φ(x, y) = weights · (features(x, y) − center) / scale`. */
export interface FeatureMap {
  /** Shape `[features]`. */
  readonly center: readonly number[];
  /** Shape `[features]`, above 0. */
  readonly scale: readonly number[];
  /** Shape `[dimension, features]`. */
  readonly weights: readonly (readonly number[])[];
}

/**
 * φ, learned: each of its dimensions of standard deviation 1 over the answers that it was learned
 * from, the one that moves users' choices most first. Plain data, made by `fitBasis`; read it from a
 * file with {@link parseBasis}.
 */
export interface Basis extends FeatureMap {
  readonly format: 'trimtab-preference-basis';
  readonly version: 1;
  /** Of the dimensions, each once, shape `[dimension]`. */
  readonly names: readonly string[];
  /** λ over the users that it was learned from: a new user's prior. */
  readonly prior: Gaussian;
  readonly tieProbability: number;
  readonly provenance: BasisProvenance;
}

/**
 * `φ(x, y)`, shape `[dimension]`.
 * @param features - Of one answer, shape `[features]`.
 * @throws InvalidOptionError if they are not as many as the basis has, or not finite.
 */
export function applyBasis(basis: Basis, features: ArrayLike<number>): number[] {
  if (features.length !== basis.center.length) {
    throw new InvalidOptionError(
      'features',
      `The answer has ${features.length} features, the basis ${basis.center.length}: ` +
        `it was learned from ${basis.provenance.features}.`,
    );
  }
  for (let j = 0; j < features.length; j++) {
    if (Number.isFinite(features[j])) continue;
    throw new InvalidOptionError(`features[${j}]`, `features[${j}] is ${features[j]}: not finite.`);
  }
  return projectFeatures(basis, features);
}

export function projectFeatures(
  { center, scale, weights }: FeatureMap,
  features: ArrayLike<number>,
): number[] {
  const standardized = center.map((middle, j) => (features[j]! - middle) / scale[j]!);
  return weights.map((row) => dot(row, standardized));
}

/** Hidden states have some thousands. */
const MOST_FEATURES = 65_536;

/** Names that profiles can have their attributes by. */
const dimensionName = /^[A-Za-z][A-Za-z0-9_]{0,63}$/;

const magnitude = z.number().min(-1e6).max(1e6);
const text = z.string().max(2000);
const count = z.int().min(0);
const share = z.number().min(0).max(1).nullable();

const schema = z.strictObject({
  format: z.literal('trimtab-preference-basis'),
  version: z.literal(1),
  names: z.array(z.string()).max(MOST_DIMENSIONS),
  center: z.array(magnitude).min(1).max(MOST_FEATURES),
  scale: z.array(z.number().min(1e-9).max(1e6)).max(MOST_FEATURES),
  weights: z.array(z.array(magnitude).max(MOST_FEATURES)).min(1).max(MOST_DIMENSIONS),
  prior: z.strictObject({
    mean: z.array(z.number()).max(MOST_DIMENSIONS),
    covariance: z.array(z.array(z.number()).max(MOST_DIMENSIONS)).max(MOST_DIMENSIONS),
  }),
  tieProbability: z.number(),
  provenance: z.strictObject({
    features: text,
    comparisons: text,
    users: count,
    pairs: count,
    answers: count,
    seed: z.int(),
    heldOut: z.strictObject({ answers: count, accuracy: share, accuracyOfMean: share }),
  }),
});

/**
 * A basis from parsed JSON, which may be anything.
 * @throws InvalidOptionError whose `option` is the field at fault, e.g. `weights.0`.
 */
export function parseBasis(value: unknown): Basis {
  const { data, error } = schema.safeParse(value);
  if (data === undefined) throw refusalOf(error);
  const { names, center, scale, weights, prior, tieProbability } = data;
  requireNames(names, weights.length);
  requireLength('scale', scale, center.length);
  for (const [k, row] of weights.entries()) requireLength(`weights.${k}`, row, center.length);
  requireLength('prior.mean', prior.mean, weights.length);
  requireGaussian('prior', prior);
  requireTieProbability(tieProbability);
  return data;
}

/**
 * @param dimension - How many there must be.
 * @throws InvalidOptionError unless each is another name of letters, digits and _.
 */
export function requireNames(names: readonly string[], dimension: number): void {
  if (names.length !== dimension || new Set(names).size < dimension) {
    throw new InvalidOptionError(
      'names',
      `A basis of ${dimension} dimensions has as many names, each once, not: ${names.join(', ')}.`,
    );
  }
  const strange = names.find((name) => !dimensionName.test(name));
  if (strange === undefined) return;
  throw new InvalidOptionError(
    'names',
    `${JSON.stringify(strange)} cannot name a dimension: a name is at most 64 letters, digits and _, ` +
      'and starts with a letter.',
  );
}

function refusalOf(error: z.ZodError): InvalidOptionError {
  const [issue] = error.issues;
  const field = issue!.path.join('.') || 'basis';
  return new InvalidOptionError(
    field,
    `This is no basis that can be used: at ${field}, ${issue!.message}.`,
  );
}

function requireLength(field: string, values: readonly number[], length: number): void {
  if (values.length === length) return;
  throw new InvalidOptionError(
    field,
    `This is no basis that can be used: ${field} has ${values.length} numbers, not ${length}.`,
  );
}
