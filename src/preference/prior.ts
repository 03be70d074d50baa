import { InvalidOptionError } from '../spec/index.ts';
import { propagateExpectations, type Propagated } from './expectation-propagation.ts';
import { requireGaussian, standardNormal, type Gaussian } from './gaussian.ts';
import type { Evidence } from './laplace.ts';
import { evidenceOf, type Posterior } from './posterior.ts';

export interface PopulationOptions {
  /** What the estimate is drawn to where users are few; {@link standardNormal} unless given. */
  readonly base?: Gaussian;
  /** How many users the base counts as. */
  readonly strength?: number;
  /** Of expectation and maximisation, at most: they end where the estimate stays. */
  readonly rounds?: number;
}

/** Defaults of {@link PopulationOptions}: the base counts as a handful of users. */
const populationDefaults = { strength: 5, rounds: 50 } as const;

/**
 * The prior that users' answers suggest: mean and covariance of λ over a population, by empirical
 * Bayes. Each round takes every user's moments `m_u, C_u` under the prior so far, and from them
 *
 * `μ = (s μ₀ + Σ m_u) / (s + n)`,
 * `Σ = (s Σ₀ + s (μ₀ − μ)(μ₀ − μ)ᵀ + Σ C_u + (m_u − μ)(m_u − μ)ᵀ) / (s + n)`,
 *
 * s being the strength of the base `N(μ₀, Σ₀)`. The C_u keep the spread of estimates from that of
 * users: without them, users who said little would seem alike. The base keeps Σ positive definite. The
 * moments come of expectation propagation: modes instead of means, round after round, would shrink the
 * population to a fraction of its spread.
 * @param users - What they answered; their own priors are not used, their other settings are. Ages are
 *   those at `now`, in milliseconds since 1970.
 * @throws InvalidOptionError if there are no users, their dimensions differ, or an option is out of
 *   range.
 * @see Dempster, Laird and Rubin 1977, "Maximum Likelihood from Incomplete Data via the EM Algorithm"
 */
export function fitPopulationPrior(
  users: readonly Posterior[],
  now: number,
  options: PopulationOptions = {},
): Gaussian {
  const dimension = requireUsers(users);
  const settings = { ...populationDefaults, base: standardNormal(dimension), ...options };
  requireSettings(settings);
  const { base, strength, rounds } = settings;
  let members = users.map((user): Member => {
    const evidence = evidenceOf(user, now);
    const { tieProbability } = user.model;
    return {
      evidence,
      tieProbability,
      ...propagateExpectations(base, evidence, { tieProbability }),
    };
  });
  let prior = pool(members, base, strength);
  for (let round = 1; round < rounds; round++) {
    members = members.map((member) => ({
      ...member,
      ...propagateExpectations(prior, member.evidence, member),
    }));
    const next = pool(members, base, strength);
    const moved = distanceBetween(prior, next);
    prior = next;
    if (moved < SETTLED) break;
  }
  return prior;
}

/** A user's answers, and moments under the prior so far. */
interface Member extends Propagated {
  readonly evidence: readonly Evidence[];
  readonly tieProbability: number;
}

/** Of the estimate, in a round. The last of a slow climb is a few times that. */
const SETTLED = 2e-3;

/** The largest difference of means in standard deviations, or of covariances in units of them. */
function distanceBetween(a: Gaussian, b: Gaussian): number {
  const sds = a.covariance.map((row, i) => Math.sqrt(row[i]!));
  const means = a.mean.map((m, i) => Math.abs(m - b.mean[i]!) / sds[i]!);
  const covariances = a.covariance.flatMap((row, i) =>
    row.map((value, j) => Math.abs(value - b.covariance[i]![j]!) / (sds[i]! * sds[j]!)),
  );
  return Math.max(...means, ...covariances);
}

/** The formula of {@link fitPopulationPrior}: the base is a user who counts `strength` times. */
function pool(moments: readonly Gaussian[], base: Gaussian, strength: number): Gaussian {
  const members = [
    { ...base, weight: strength },
    ...moments.map(({ mean, covariance }) => ({ mean, covariance, weight: 1 })),
  ];
  const total = strength + moments.length;
  const average = (of: (member: Gaussian) => number) =>
    members.reduce((sum, member) => sum + member.weight * of(member), 0) / total;
  const mean = base.mean.map((_, i) => average((member) => member.mean[i]!));
  const covariance = base.mean.map((_, i) =>
    base.mean.map((_value, j) =>
      average(
        (member) =>
          member.covariance[i]![j]! + (member.mean[i]! - mean[i]!) * (member.mean[j]! - mean[j]!),
      ),
    ),
  );
  return { mean, covariance };
}

function requireUsers(users: readonly Posterior[]): number {
  const dimension = users[0]?.mean.length;
  if (dimension === undefined) {
    throw new InvalidOptionError('users', 'A population prior needs at least one user.');
  }
  const other = users.findIndex(({ mean }) => mean.length !== dimension);
  if (other < 0) return dimension;
  throw new InvalidOptionError(
    `users[${other}]`,
    `users[${other}] has ${users[other]!.mean.length} dimensions, the first user ${dimension}.`,
  );
}

function requireSettings({ base, strength, rounds }: Required<PopulationOptions>): void {
  requireGaussian('base', base);
  if (!(strength > 0 && Number.isFinite(strength))) {
    throw new InvalidOptionError('strength', `strength must be a number above 0, not ${strength}.`);
  }
  if (!Number.isInteger(rounds) || rounds < 1) {
    throw new InvalidOptionError('rounds', `rounds must be an integer above 0, not ${rounds}.`);
  }
}
