// How well simulated users are known after how many questions, by how the questions are chosen. Writes
// docs/figures/preferences.svg.
import {
  fitPopulationPrior,
  fitPosterior,
  questionDefaults,
  standardNormal,
  type Candidate,
  type Criterion,
  type Gaussian,
} from '../../src/preference/index.ts';
import type { Interval } from '../../src/evaluation/index.ts';
import { estimateOver } from '../shared/estimate.ts';
import { experiment } from '../shared/experiment.ts';
import { plotLines, writeFigure, type PlotPanel } from '../shared/plot.ts';
import { showProgress } from '../shared/progress.ts';
import { showTable } from '../shared/table.ts';
import { designedOrder } from './design.ts';
import { interview, type Interviewing } from './interview.ts';
import {
  accuracyOf,
  answerOf,
  cosineOf,
  createPairs,
  createPopulation,
  createRandom,
  questionScale,
  type Lambda,
  type Random,
} from './users.ts';

const dimension = 6;
const seeds = [1, 2, 3, 4];
const heldOutPairs = 200;
/** Users whose random answers the population's prior is learned from, and how many each gave. */
const earlier = { users: 100, questions: 20 };
const mostQuestions = 20;
const shownCounts = [0, 1, 2, 3, 5, 7, 10, 15, 20];
const noises = { low: 0.5, middle: 1, high: 2 } as const;
type Noise = keyof typeof noises;

/** How a run's questions are chosen. */
const policies = {
  information: { criterion: 'information', ownPrior: true },
  'D-optimal': { criterion: 'd-optimal', ownPrior: true },
  PReF: { criterion: 'pref', ownPrior: true },
  'fixed set': { criterion: 'fixed', ownPrior: true },
  random: { criterion: 'random', ownPrior: true },
  'information, N(0, I)': { criterion: 'information', ownPrior: false },
} as const satisfies Record<string, { criterion: Criterion; ownPrior: boolean }>;
type Policy = keyof typeof policies;
const policyNames = Object.keys(policies) as Policy[];

interface Setting {
  readonly usersPerSeed: number;
  /** Pairs to choose questions from. */
  readonly poolSize: number;
  readonly policies: readonly Policy[];
}

const main: Setting = { usersPerSeed: 200, poolSize: 80, policies: policyNames };
/** Whether more pairs to choose from help to choose. */
const largePool: Setting = {
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

type Courses = Readonly<Record<Policy, readonly Course[]>>;

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

/** All users of all seeds, seed after seed; every policy meets the same ones. */
function simulate(
  noise: Noise,
  { usersPerSeed, poolSize, policies: names }: Setting,
): { courses: Courses; ceiling: number[] } {
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

const estimate = estimateOver(seeds.length, main.usersPerSeed);

/** `83.1 ± 0.4`, in hundredths; half of the interval's width. */
function showPercent({ estimate: middle, from, to }: Interval): string {
  return `${(100 * middle).toFixed(1)} ± ${(50 * (to - from)).toFixed(1)}`;
}

/** `+0.4 (−0.2 to +1.0)`, in hundredths. */
function showDifference({ estimate: middle, from, to }: Interval): string {
  const signed = (value: number) => `${value < 0 ? '−' : '+'}${Math.abs(100 * value).toFixed(1)}`;
  return `${signed(middle)} (${signed(from)} to ${signed(to)})`;
}

type Measure = 'accuracy' | 'cosine' | 'covered';

function estimateAt(courses: Courses, name: Policy, measure: Measure, count: number): Interval {
  return estimate(courses[name].map((course) => course[measure][count]!));
}

function tableOf(courses: Courses, measure: Measure): string {
  return showTable([
    ['questions', ...policyNames],
    ...shownCounts.map((count) => [
      String(count),
      ...policyNames.map((name) => showPercent(estimateAt(courses, name, measure, count))),
    ]),
  ]);
}

/** `name` after 10 questions less random after 20, by user. */
function tenAgainstTwenty(
  courses: Courses,
  name: Policy,
  measure: Measure,
  estimateOf: typeof estimate = estimate,
): string {
  const differences = courses[name].map(
    (course, unit) => course[measure][10]! - courses.random[unit]![measure][20]!,
  );
  return showDifference(estimateOf(differences));
}

/** Where the stop rule ends with `minGain`: how many questions, and how good the estimate is. */
function stopsAt({ information }: Courses, minGain: number): string[] {
  const counts = information.map(({ gain }) => {
    const { minQuestions, maxQuestions } = questionDefaults;
    const stop = gain.findIndex((nats, count) => count >= minQuestions && nats < minGain);
    return stop < 0 ? maxQuestions : Math.min(stop, maxQuestions);
  });
  const accuracy = estimate(information.map((course, unit) => course.accuracy[counts[unit]!]!));
  const sorted = counts.toSorted((a, b) => a - b);
  const at = (share: number) => sorted[Math.floor(share * (sorted.length - 1))]!;
  return [`${at(0.5)} (${at(0.1)} to ${at(0.9)})`, showPercent(accuracy)];
}

const noiseNames = Object.keys(noises) as Noise[];
/** What is compared with random questions. */
const active: readonly Policy[] = ['information', 'D-optimal', 'PReF', 'fixed set'];

type Simulated = Readonly<Record<Noise, ReturnType<typeof simulate>>>;

function simulateAll(setting: Setting): Simulated {
  return Object.fromEntries(
    noiseNames.map((noise) => [noise, simulate(noise, setting)]),
  ) as unknown as Simulated;
}

export default experiment({
  flags: {},
  run: async (_, print) => {
    const results = simulateAll(main);
    const rowsOf = (row: (noise: Noise, courses: Courses) => readonly string[][]) =>
      noiseNames.flatMap((noise) => row(noise, results[noise].courses));
    for (const noise of noiseNames) {
      const { courses, ceiling } = results[noise];
      print(
        `\n### Noise: ${noise}\n\nHeld-out accuracy, % (knowing λ: ${showPercent(estimate(ceiling))}):\n\n` +
          `${tableOf(courses, 'accuracy')}\n\nCosine of the estimate and λ, × 100:\n\n` +
          tableOf(courses, 'cosine'),
      );
    }
    print('\n### Ten chosen questions less twenty random ones, points\n');
    print(
      showTable([
        ['noise', 'of', ...active],
        ...rowsOf((noise, courses) =>
          (['accuracy', 'cosine'] as const).map((measure) => [
            noise,
            measure,
            ...active.map((name) => tenAgainstTwenty(courses, name, measure)),
          ]),
        ),
      ]),
    );
    print(`\n### The same out of ${largePool.poolSize} pairs, by information\n`);
    const fromMore = simulateAll(largePool);
    const estimateLarge = estimateOver(seeds.length, largePool.usersPerSeed);
    print(
      showTable([
        ['noise', 'accuracy', 'cosine'],
        ...noiseNames.map((noise) => [
          noise,
          ...(['accuracy', 'cosine'] as const).map((measure) =>
            tenAgainstTwenty(fromMore[noise].courses, 'information', measure, estimateLarge),
          ),
        ]),
      ]),
    );
    print('\n### Weights inside their 80 % intervals, %\n');
    print(
      showTable([
        ['noise', 'questions', ...policyNames],
        ...rowsOf((noise, courses) =>
          [0, 5, 10, 20].map((count) => [
            noise,
            String(count),
            ...policyNames.map((name) => showPercent(estimateAt(courses, name, 'covered', count))),
          ]),
        ),
      ]),
    );
    print('\n### Stopping by expected gain\n');
    print(
      showTable([
        ['minGain, nats', ...noiseNames.flatMap((noise) => [`questions, ${noise}`, 'accuracy, %'])],
        ...[0.25, 0.2, 0.15, 0.12, questionDefaults.minGain].map((minGain) => [
          String(minGain),
          ...rowsOf((_noise, courses) => [stopsAt(courses, minGain)]).flat(),
        ]),
      ]),
    );
    const curves = curvesOf(results);
    await writeFigure(
      'preferences',
      plotLines(curves, {
        title: 'How well users are known by the number of questions',
        ...questionScale,
      }),
    );
    return { data: curves };
  },
});

function curvesOf(results: Simulated): PlotPanel[] {
  return (['accuracy', 'cosine'] as const).flatMap((measure) =>
    noiseNames.map((noise) => ({
      title: `${measure}, ${noise} noise`,
      lines: policyNames.map((name) => ({
        name,
        points: shownCounts.map((count) => ({
          x: count,
          ...estimateAt(results[noise].courses, name, measure, count),
        })),
      })),
    })),
  );
}
