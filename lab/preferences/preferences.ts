// How well simulated users are known after how many questions, by how the questions are chosen. Writes
// docs/figures/preferences.svg.
import { questionDefaults } from '../../src/preference/index.ts';
import type { Interval } from '../../src/evaluation/index.ts';
import { estimateOver } from '../shared/estimate.ts';
import { experiment } from '../shared/experiment.ts';
import { plotLines, writeFigure, type PlotPanel } from '../shared/plot.ts';
import { showTable } from '../shared/table.ts';
import {
  largePool,
  mainSetting,
  noises,
  policyNames,
  seeds,
  simulate,
  type Courses,
  type Noise,
  type Policy,
  type Setting,
  type Simulated,
} from './simulate.ts';
import { questionScale } from './users.ts';

const shownCounts = [0, 1, 2, 3, 5, 7, 10, 15, 20];

const estimate = estimateOver(seeds.length, mainSetting.usersPerSeed);

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

type ByNoise = Readonly<Record<Noise, Simulated>>;

function simulateAll(setting: Setting): ByNoise {
  return Object.fromEntries(
    noiseNames.map((noise) => [noise, simulate(noise, setting)]),
  ) as unknown as ByNoise;
}

export default experiment({
  flags: {},
  run: async (_, print) => {
    const results = simulateAll(mainSetting);
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

function curvesOf(results: ByNoise): PlotPanel[] {
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
