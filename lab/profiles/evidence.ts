// Every way of answering, measured on the same users and questions.
import type { Interval } from '../../src/evaluation/index.ts';
import { estimateOver } from '../shared/estimate.ts';
import { showProgress } from '../shared/progress.ts';
import type { Question } from '../../test/support/atlas-questions.ts';
import { cosineOf } from '../preferences/users.ts';
import { createMeasure, type Measure, type Outcome } from './measure.ts';
import {
  answerAlike,
  answerInstructed,
  answerSteered,
  answerWithExamples,
  chooseSamples,
  firstSamples,
  instructions,
  ownInstruction,
  sampleAnswers,
  steeringAfter,
  type Scene,
  type UsersAnswers,
} from './systems.ts';
import { exampleForms } from './examples.ts';
import type { InterviewedUser, Judge } from './users.ts';
import type { Attribute } from '../../test/support/atlas-attributes.ts';

/** Answers given to the profile, at most: it may ask for fewer. */
export const answerCounts = [0, 3, 5, 10, 20] as const;
const mostAnswers = answerCounts.at(-1)!;

/** One more or less well informed profile. */
export interface LearnedRow extends Outcome {
  readonly answers: number;
  readonly overOthers: Interval;
  /** Of the posterior's mean and λ. */
  readonly cosine: Interval;
  /** Choosing among samples by the same weights; nothing without any. */
  readonly bestOf: (Outcome & { readonly overOthers: Interval }) | null;
}

export interface SystemRow extends Outcome {
  readonly name: string;
  /** Share of wins of the profile after all its answers over this one. */
  readonly profileOver: Interval;
}

export interface Interviews {
  /** Questions until the profile asked no more, sorted. */
  readonly asked: readonly number[];
  /** Of the decided answers, the share that says what λ does. */
  readonly agreement: number;
  readonly ties: number;
  /** Pairs that fitted the context, by form, sorted. */
  readonly examples: Readonly<Record<string, readonly number[]>>;
}

export interface Evidence {
  readonly interviews: Interviews;
  readonly learned: readonly LearnedRow[];
  readonly systems: readonly SystemRow[];
}

export interface EvidenceOptions {
  readonly scene: Scene;
  /** About other people: what instructions are tried out on. */
  readonly trials: readonly Question[];
  readonly judge: Judge;
  readonly attributes: readonly Attribute[];
  readonly extent: {
    /** Users come in groups of this size. */
    readonly groupSize: number;
    /** The recipe's answers at temperature 1 to each question. */
    readonly samples: number;
  };
}

export async function gatherEvidence(options: EvidenceOptions): Promise<Evidence> {
  const { scene, judge, extent } = options;
  const { users } = scene;
  const estimate = estimateOver(users.length / extent.groupSize, extent.groupSize);
  showProgress('samples');
  const samples = await sampleAnswers(scene, extent.samples);
  const byDefault = await answerAlike(scene, {});
  const measure = createMeasure({ ...scene, judge, samples, byDefault, estimate });
  const steer = (count: number) => (user: InterviewedUser) =>
    steeringAfter(user, count)[scene.recipe.name]!;

  const learned: LearnedRow[] = [];
  for (const count of answerCounts) {
    showProgress(`profiles after ${count} answers`);
    const answers = await answerSteered(scene, steer(count));
    const chosen = count === 0 ? null : chooseSamples(scene, samples, steer(count));
    learned.push({
      answers: count,
      ...(await measureWithOthers(measure, answers)),
      cosine: estimate(users.map((user) => cosineOf(meanAfter(user, count), user.lambda))),
      bestOf: chosen && (await measureWithOthers(measure, chosen)),
    });
  }

  const profiled = await answerSteered(scene, steer(mostAnswers));
  const knowing = (user: InterviewedUser) => user.knowing[scene.recipe.name]!;
  const { answers: shown, counts: examples } = await answerByExamples(options);
  showProgress('other ways');
  const ways: Readonly<Record<string, UsersAnswers>> = {
    default: byDefault,
    'at temperature 1': firstSamples(scene, samples),
    'profile, all answers': profiled,
    'profile that knows λ': await answerSteered(scene, knowing),
    'best of 8, profile': chooseSamples(scene, samples, steer(mostAnswers)),
    'best of 8, knows λ': chooseSamples(scene, samples, knowing),
    ...(await answerByInstructions(options, { measure, samples, byDefault })),
    ...shown,
    'large alone': await answerAlike(scene, { only: 'large' }),
  };
  const systems: SystemRow[] = [];
  for (const [name, answers] of Object.entries(ways)) {
    showProgress(`judging ${name}`);
    const profileOver = measure.winsOver(profiled, answers);
    systems.push({ name, ...(await measure.outcomeOf(answers)), profileOver });
  }
  return { interviews: { ...describeInterviews(users), examples }, learned, systems };
}

export async function measureWithOthers(measure: Measure, answers: UsersAnswers) {
  return { ...(await measure.outcomeOf(answers)), overOthers: measure.winsOverOthers(answers) };
}

export function meanAfter({ means }: InterviewedUser, count: number): readonly number[] {
  return means[Math.min(count, means.length - 1)]!;
}

/** The user's own words, and the words that serve them best on the trials. */
async function answerByInstructions(
  { scene, trials, judge, attributes }: EvidenceOptions,
  known: Pick<Parameters<typeof createMeasure>[0], 'samples' | 'byDefault'> & {
    readonly measure: Measure;
  },
): Promise<Record<string, UsersAnswers>> {
  const texts = instructions(attributes);
  const trial = { ...scene, questions: trials };
  const tried: UsersAnswers[] = [];
  for (const text of texts) {
    showProgress(`trying ${text}`);
    tried.push(await answerInstructed(trial, () => text));
  }
  const best = createMeasure({
    ...trial,
    judge,
    samples: known.samples,
    byDefault: tried[0]!,
    estimate: estimateOver(1, scene.users.length),
  }).bestFor(tried);
  return {
    'instructions, own words': await answerInstructed(
      scene,
      (user) => texts[ownInstruction(user)]!,
    ),
    'instructions, tried out': await answerInstructed(scene, (_, u) => texts[best[u]!]!),
  };
}

async function answerByExamples({ scene }: EvidenceOptions) {
  const answers: Record<string, UsersAnswers> = {};
  const counts: Record<string, readonly number[]> = {};
  for (const form of exampleForms) {
    showProgress(`examples as ${form}`);
    const composed = await answerWithExamples(scene, form, {});
    answers[`examples as ${form}`] = composed.answers;
    counts[form] = composed.pairs.toSorted((a, b) => a - b);
    const alone = await answerWithExamples(scene, form, { only: 'large' });
    answers[`examples as ${form}, large alone`] = alone.answers;
  }
  return { answers, counts };
}

export function describeInterviews(
  users: readonly InterviewedUser[],
): Omit<Interviews, 'examples'> {
  const answered = users.flatMap((user) => user.answered);
  const decided = answered.filter(({ outcome }) => outcome !== 'tie').length;
  const agreeing = users.reduce((sum, user) => sum + user.agreeing, 0);
  return {
    asked: users.map((user) => user.answered.length).toSorted((a, b) => a - b),
    agreement: agreeing / decided,
    ties: 1 - decided / answered.length,
  };
}
