import { InvalidOptionError } from '../spec/index.ts';
import { standardNormal, type Gaussian } from './gaussian.ts';
import { fitPosterior, type Posterior } from './posterior.ts';

export interface PopulationOptions {
  /** What the estimate is drawn to where users are few; {@link standardNormal} unless given. */
  readonly base?: Gaussian;
  /** How many users the base counts as. */
  readonly strength?: number;
  /** Rounds of expectation and maximisation. */
  readonly rounds?: number;
}

/** Defaults of {@link PopulationOptions}: the base counts as a handful of users. */
export const populationDefaults = { strength: 5, rounds: 20 } as const;

/**
 * The prior that users' answers suggest: mean and covariance of λ over a population, by empirical
 * Bayes. Each round fits every user under the prior so far, posterior `N(m_u, C_u)`, and takes
 *
 * `μ = (s μ₀ + Σ m_u) / (s + n)`,
 * `Σ = (s Σ₀ + s (μ₀ − μ)(μ₀ − μ)ᵀ + Σ C_u + (m_u − μ)(m_u − μ)ᵀ) / (s + n)`,
 *
 * s being the strength of the base `N(μ₀, Σ₀)`. The C_u keep the spread of estimates from that of
 * users: without them, users who said little would seem alike. The base keeps Σ positive definite.
 * Modes stand for means here, so that variances come out low: by about a sixth where users gave 30
 * answers, by a third where they gave 10.
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
  const {
    base = standardNormal(dimension),
    strength,
    rounds,
  } = { ...populationDefaults, ...options };
  if (!(strength > 0 && Number.isFinite(strength))) {
    throw new InvalidOptionError('strength', `strength must be a number above 0, not ${strength}.`);
  }
  if (!Number.isInteger(rounds) || rounds < 1) {
    throw new InvalidOptionError('rounds', `rounds must be an integer above 0, not ${rounds}.`);
  }
  let prior = base;
  for (let round = 0; round < rounds; round++) {
    const posteriors = users.map(({ model, observations }) =>
      fitPosterior({ ...model, prior }, observations, now),
    );
    prior = pool(posteriors, base, strength);
  }
  return prior;
}

/** The formula of {@link fitPopulationPrior}: the base is a user who counts `strength` times. */
function pool(posteriors: readonly Gaussian[], base: Gaussian, strength: number): Gaussian {
  const members = [
    { ...base, weight: strength },
    ...posteriors.map(({ mean, covariance }) => ({ mean, covariance, weight: 1 })),
  ];
  const total = strength + posteriors.length;
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
