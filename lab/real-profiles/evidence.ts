// Every way of answering, measured on the same users and questions.
import { cosineOf } from '../preferences/users.ts';
import {
  describeInterviews,
  meanAfter,
  measureWithOthers,
  type Interviews,
  type LearnedRow,
  type SystemRow,
} from '../profiles/evidence.ts';
import { createMeasure } from '../profiles/measure.ts';
import {
  answerAlike,
  answerInstructed,
  answerSteered,
  answerWithExamples,
  bestOfN,
  chooseSamples,
  firstSamples,
  sampleAnswers,
  steeringAfter,
  type Samples,
  type Scene,
  type UsersAnswers,
} from '../profiles/systems.ts';
import type { InterviewedUser, Judge } from '../profiles/users.ts';
import { estimateOver } from '../shared/estimate.ts';
import { mean } from '../shared/numbers.ts';
import { showProgress } from '../shared/progress.ts';
import { countWords } from './judge.ts';
import { instructionFor, wishNames, type WishName } from './wishes.ts';

/** Answers given to the profile, at most: it may ask for fewer. */
const answerCounts = [10] as const;
const mostAnswers = answerCounts.at(-1)!;

/** A weight that a person would find words for: 62 to 38 for one standard deviation. */
const noticed = 0.5;

/** What anybody can count, for each attribute: no model's opinion. */
export const checks: Readonly<Record<WishName, readonly [string, (text: string) => number]>> = {
  cheerful: ['exclamation marks', (text) => text.split('!').length - 1],
  simple: ['letters a word', (text) => text.replaceAll(/\P{L}/gu, '').length / countWords(text)],
  brief: ['words', countWords],
};

/** A check's mean over the answers of users who want less of an attribute, and of those who want more. */
interface CheckRow {
  readonly attribute: WishName;
  readonly way: string;
  readonly less: number;
  readonly more: number;
}

export interface RealEvidence {
  readonly interviews: Interviews;
  readonly learned: readonly LearnedRow[];
  readonly systems: readonly SystemRow[];
  readonly checks: readonly CheckRow[];
}

/** The recipe's answers at temperature 1, as many to each question as best-of-n chooses from. */
export function sampleTexts(scene: Scene): Promise<Samples> {
  return sampleAnswers(scene, bestOfN);
}

export async function gatherEvidence(
  scene: Scene,
  judge: Judge,
  samples: Samples,
  isScored: boolean,
): Promise<RealEvidence> {
  const { users, recipe } = scene;
  const steer = (count: number) => (user: InterviewedUser) =>
    steeringAfter(user, count)[recipe.name]!;
  const asked = { only: 'asked' };
  const byDefault = await answerAlike(scene, {});
  const steered: UsersAnswers[] = [];
  for (const count of answerCounts) {
    showProgress(`profiles after ${count} answers`);
    steered.push(await answerSteered(scene, steer(count)));
  }
  const profiled = steered.at(-1)!;
  showProgress('other ways');
  const instructed = await answerInstructed(scene, (user) => ownInstruction(user), asked);
  const learnedWords = (user: InterviewedUser) => {
    const { rewards = {} } = steer(mostAnswers)(user);
    return instructionFor(wishNames.map((name) => rewards[name] ?? 0));
  };
  const known = users.map((user) => ({ ...user, answered: user.answered.slice(0, mostAnswers) }));
  const shown = await answerWithExamples({ ...scene, users: known }, 'turns', {});
  const ways: Readonly<Record<string, UsersAnswers>> = {
    default: byDefault,
    'at temperature 1': firstSamples(scene, samples),
    [`profile, ${mostAnswers} answers`]: profiled,
    'best of 8, profile': chooseSamples(scene, samples, steer(mostAnswers)),
    'best of 8, knows λ': chooseSamples(scene, samples, (user) => user.knowing[recipe.name]!),
    'instructions, own words': instructed,
    "instructions, profile's words": await answerInstructed(scene, learnedWords, asked),
    'examples as turns': shown.answers,
  };
  showProgress('judging');
  const texts = [...steered, ...Object.values(ways)].flat(2).map(({ text }) => text);
  await judge.read([...new Set(texts)]);
  const estimate = estimateOver(1, users.length);
  const measure = createMeasure({ ...scene, judge, samples, byDefault, estimate, isScored });
  const learned: LearnedRow[] = [];
  for (const [i, answers] of answerCounts.entries()) {
    learned.push({
      answers,
      ...(await measureWithOthers(measure, steered[i]!)),
      cosine: estimate(users.map((user) => cosineOf(meanAfter(user, answers), user.lambda))),
      bestOf: null,
    });
  }
  const systems: SystemRow[] = [];
  for (const [name, answers] of Object.entries(ways)) {
    const profileOver = measure.winsOver(profiled, answers);
    systems.push({ name, ...(await measure.outcomeOf(answers)), profileOver });
  }
  const examples = { turns: shown.pairs.toSorted((a, b) => a - b) };
  const checkRows = wishNames.flatMap((attribute, k) =>
    Object.entries(ways).map(([way, answers]) => checkRow(users, answers, { attribute, k, way })),
  );
  return {
    interviews: { ...describeInterviews(users), examples },
    learned,
    systems,
    checks: checkRows,
  };
}

/** What the user would say of themselves. */
function ownInstruction({ lambda }: InterviewedUser): string {
  return instructionFor(lambda.map((weight) => (Math.abs(weight) > noticed ? weight : 0)));
}

function checkRow(
  users: readonly InterviewedUser[],
  answers: UsersAnswers,
  { attribute, k, way }: Pick<CheckRow, 'attribute' | 'way'> & { readonly k: number },
): CheckRow {
  const [, check] = checks[attribute];
  const over = (sign: number) => {
    const meant = answers.filter((_, u) => sign * users[u]!.lambda[k]! > noticed);
    return mean(meant.flat().map(({ text }) => check(text)));
  };
  return { attribute, way, less: over(-1), more: over(1) };
}
