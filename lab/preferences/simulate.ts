// Populations of simulated users, each asked under every policy.
import {
  fitPopulationPrior,
  fitPosterior,
  standardNormal,
  type Candidate,
  type Criterion,
  type Gaussian,
} from '../../src/preference/index.ts';
import { showProgress } from '../shared/progress.ts';
import { designedOrder } from './design.ts';
import { interview, type Interviewing } from './interview.ts';
import {
  accuracyOf,
  answerOf,
  cosineOf,
  createPairs,
  createPopulation,
  createRandom,
  type Lambda,
  type Random,
} from './users.ts';

const dimension = 6;
export const seeds = [1, 2, 3, 4];
const heldOutPairs = 200;
/** Users whose random answers the population's prior is learned from, and how many each gave. */
const earlier = { users: 100, questions: 20 };
const mostQuestions = 20;
export const noises = { low: 0.5, middle: 1, high: 2 } as const;
export type Noise = keyof typeof noises;

/** How a run's questions are chosen. */
const policies = {
  information: { criterion: 'information', ownPrior: true },
  'D-optimal': { criterion: 'd-optimal', ownPrior: true },
  PReF: { criterion: 'pref', ownPrior: true },
  'fixed set': { criterion: 'fixed', ownPrior: true },
  random: { criterion: 'random', ownPrior: true },
  'information, N(0, I)': { criterion: 'information', ownPrior: false },
} as const satisfies Record<string, { criterion: Criterion; ownPrior: boolean }>;
export type Policy = keyof typeof policies;
export const policyNames = Object.keys(policies) as Policy[];

export interface Setting {
  readonly usersPerSeed: number;
  /** Pairs to choose questions from. */
  readonly poolSize: number;
  readonly policies: readonly Policy[];
}

export const mainSetting: Setting = { usersPerSeed: 200, poolSize: 80, policies: policyNames };
/** Whether more pairs to choose from help to choose. */
export const largePool: Setting = {
  usersPerSeed: 100,
  poolSize: 300,
  policies: ['information', 'random'],
};

/** One user under one policy, by the number of questions answered, 0 to `mostQuestions`. */
interface Course {
  readonly accuracy: readonly number[];
  readonly cosine: readonly number[];
  /** Share of the weights that lie in their 80 % intervals. */
  readonly covered: readonly number[];
  /** Nats that the best question left would teach. */
  readonly gain: readonly number[];
}

export type Courses = Readonly<Record<Policy, readonly Course[]>>;

const Z_80 = 1.2815515655446004;

function follow(
  interviewing: Omit<Interviewing, 'answers'>,
  heldOut: readonly Candidate[],
): Course {
  const { lambda } = interviewing;
  const course = { accuracy: [], cosine: [], covered: [], gain: [] } as {
    [measure in keyof Course]: number[];
  };
  const known = interview({ ...interviewing, answers: mostQuestions });
  for (const { mean, covariance, gain } of known) {
    course.accuracy.push(accuracyOf(mean, lambda, heldOut));
    course.cosine.push(cosineOf(mean, lambda));
    const inside = mean.filter(
      (m, k) => Math.abs(lambda[k]! - m) <= Z_80 * Math.sqrt(covariance[k]![k]!),
    );
    course.covered.push(inside.length / dimension);
    course.gain.push(gain);
  }
  return course;
}

function learnPrior(draw: () => Lambda, random: Random): Gaussian {
  const users = Array.from({ length: earlier.users }, () => {
    const lambda = draw();
    const observations = createPairs(random, dimension, earlier.questions).map((pair) => ({
      difference: pair.difference,
      answer: answerOf(lambda, pair, random),
      at: 0,
    }));
    return fitPosterior({ prior: standardNormal(dimension) }, observations, 0);
  });
  return fitPopulationPrior(users, 0);
}

export interface Simulated {
  readonly courses: Courses;
  /** Accuracy of who knows λ. */
  readonly ceiling: readonly number[];
}

/** All users of all seeds, seed after seed; every policy meets the same ones. */
export function simulate(
  noise: Noise,
  { usersPerSeed, poolSize, policies: names }: Setting,
): Simulated {
  const courses = Object.fromEntries(policyNames.map((name) => [name, []])) as unknown as Record<
    Policy,
    Course[]
  >;
  const ceiling: number[] = [];
  for (const seed of seeds) {
    const random = createRandom(seed);
    const draw = createPopulation(random, dimension, noises[noise]);
    const prior = learnPrior(draw, random);
    const pool = createPairs(random, dimension, poolSize);
    const designed = designedOrder(prior, pool, mostQuestions + 1);
    const heldOut = createPairs(random, dimension, heldOutPairs);
    for (let user = 0; user < usersPerSeed; user++) {
      showProgress(`noise ${noise}, seed ${seed}, user ${user + 1} of ${usersPerSeed}`);
      const lambda = draw();
      ceiling.push(accuracyOf(lambda, lambda, heldOut));
      for (const name of names) {
        const { criterion, ownPrior } = policies[name];
        const answers = createRandom(seed * 1e6 + user);
        const interviewing = {
          lambda,
          prior: ownPrior ? prior : standardNormal(dimension),
          pool: name === 'fixed set' ? designed : pool,
          criterion,
          seed: Math.floor(answers.uniform() * 2 ** 40),
          random: answers,
        };
        courses[name].push(follow(interviewing, heldOut));
      }
    }
  }
  return { courses, ceiling };
}
