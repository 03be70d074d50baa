// Ways to answer users to their liking: with profiles, and with what profiles are compared with.
import type { InferenceService, Prompt, Recipe } from '../../src/index.ts';
import { uniformAt } from '../../src/math/index.ts';
import { withSteering, type Steering } from '../../src/profiles/index.ts';
import type { Question } from '../../test/support/atlas-questions.ts';
import type { Answer, Answerer, AnswerOptions } from './answers.ts';
import { fittingPairs, withExamples, type ExampleForm } from './examples.ts';
import type { InterviewedUser } from './users.ts';
import type { Attribute } from '../../test/support/atlas-attributes.ts';

/** Whole answers that best-of-n chooses from. */
export const bestOfN = 8;

/** Users whose long prompts stay in the cache from one question to the next. */
const sharingAtOnce = 12;

/** A weight that a person would find words for: 62 to 38 for one standard deviation. */
const noticed = 0.5;

/** What all ways of answering share. */
export interface Scene {
  readonly service: InferenceService;
  readonly answerer: Answerer;
  readonly recipe: Recipe;
  readonly users: readonly InterviewedUser[];
  readonly questions: readonly Question[];
}

/** Shape `[users][questions]`. */
export type UsersAnswers = readonly (readonly Answer[])[];

/** Shape `[questions][samples]`: the recipe's own answers at temperature 1. */
export type Samples = readonly (readonly Answer[])[];

/** The profile after `count` answers, or the last one if it asked no more. */
export function steeringAfter({ steering }: InterviewedUser, count: number) {
  return steering[Math.min(count, steering.length - 1)]!;
}

/** Everybody's answers with the steering that is theirs. */
export async function answerSteered(
  { answerer, users, questions }: Scene,
  steeringOf: (user: InterviewedUser) => Steering,
): Promise<UsersAnswers> {
  return everyAnswer(users, questions, (user, { question }) =>
    answerer.answer(question, withSteering({}, steeringOf(user)), 'reader'),
  );
}

/** The same answers for everybody. */
export async function answerAlike(
  { answerer, users, questions }: Scene,
  options: AnswerOptions,
): Promise<UsersAnswers> {
  return everyAnswer(users, questions, (_, { question }) =>
    answerer.answer(question, options, 'reader'),
  );
}

export async function sampleAnswers(
  { answerer, recipe, questions }: Scene,
  count: number,
): Promise<Samples> {
  const reportRewards = recipe.profile!.attributes.map(({ reward }) => reward);
  const samples = questions.map(async ({ question }) =>
    Promise.all(
      Array.from({ length: count }, (_, seed) =>
        answerer.answer(question, { temperature: 1, seed, reportRewards }, 'reader'),
      ),
    ),
  );
  return Promise.all(samples);
}

/**
 * For every user and question the best of some samples, drawn for them, by the weights that steer
 * elsewhere; its forwards are those of all of them.
 */
export function chooseSamples(
  { recipe, users, questions }: Scene,
  samples: Samples,
  steeringOf: (user: InterviewedUser) => Steering,
): UsersAnswers {
  return users.map((user, u) =>
    questions.map((_, q) => {
      const drawn = drawSamples(samples[q]!, u * questions.length + q);
      const worth = drawn.map((answer) => rewardOf(recipe, steeringOf(user), answer));
      const best = drawn[worth.indexOf(Math.max(...worth))]!;
      return { ...best, forwards: drawn.reduce((sum, { forwards }) => sum + forwards, 0) };
    }),
  );
}

/** One sample for every user and question: what choosing is to be compared with. */
export function firstSamples({ users, questions }: Scene, samples: Samples): UsersAnswers {
  return users.map((_user, u) =>
    questions.map((_, q) => drawSamples(samples[q]!, u * questions.length + q)[0]!),
  );
}

/** `bestOfN` different ones. */
function drawSamples(samples: readonly Answer[], draw: number): Answer[] {
  const left = [...samples];
  return Array.from({ length: bestOfN }, (_, i) => {
    const at = Math.floor(uniformAt(5, draw * bestOfN + i) * left.length);
    return left.splice(at, 1)[0]!;
  });
}

/** `Σ weight × value`, as best-of-n in the engine has it. */
function rewardOf({ rewards }: Recipe, steering: Steering, answer: Answer): number {
  return Object.entries(steering.rewards ?? {}).reduce((sum, [name, weight]) => {
    const { mean, deviation } = rewards.get(name)!.normalization!;
    return sum + (weight * (answer.rewards[name]! - mean)) / deviation;
  }, 0);
}

/** Instructions that the expert was trained to follow: every choice of the attributes' prompts. */
export function instructions(attributes: readonly Attribute[]): string[] {
  return Array.from({ length: 2 ** attributes.length }, (_, chosen) =>
    attributes
      .filter((_attribute, k) => (chosen >> k) % 2 === 1)
      .map(({ prompt }) => prompt)
      .join(' '),
  );
}

/** Of {@link instructions}, the one that names all that a user plainly wants more of. */
export function ownInstruction({ lambda }: InterviewedUser): number {
  return lambda.reduce((chosen, weight, k) => chosen + (weight > noticed ? 2 ** k : 0), 0);
}

/** Everybody's answers to their own instruction, which stands before the question. */
export async function answerInstructed(
  { answerer, users, questions }: Scene,
  instructionOf: (user: InterviewedUser, index: number) => string,
  options: AnswerOptions = {},
): Promise<UsersAnswers> {
  return everyAnswer(users, questions, (user, { question }, u) =>
    answerer.answer(instructed(instructionOf(user, u), question), options, 'reader'),
  );
}

function instructed(instruction: string, question: string): Prompt {
  if (instruction === '') return question;
  return {
    messages: [
      { role: 'system', content: instruction },
      { role: 'user', content: question },
    ],
  };
}

/** Answers with as many of the user's pairs as fit before the question; and how many that were. */
export async function answerWithExamples(
  { service, answerer, recipe, users, questions }: Scene,
  form: ExampleForm,
  options: AnswerOptions,
): Promise<{ readonly answers: UsersAnswers; readonly pairs: readonly number[] }> {
  const { contextLength } = (await service.load(recipe.name)).models[0]!;
  const { maxTokens } = answerer;
  const pairs = await Promise.all(
    users.map(({ answered }) =>
      fittingPairs(service, recipe.name, answered, { form, contextLength, maxTokens }),
    ),
  );
  const answers: Answer[][] = [];
  for (let first = 0; first < users.length; first += sharingAtOnce) {
    const some = pairs.slice(first, first + sharingAtOnce).map(async (shown, i) => {
      const own: Answer[] = [];
      for (const { question } of questions) {
        const prompt = withExamples(question, shown, form);
        own.push(await answerer.answer(prompt, options, `reader ${first + i}`));
      }
      return own;
    });
    answers.push(...(await Promise.all(some)));
  }
  return { answers, pairs: pairs.map(({ length }) => length) };
}

async function everyAnswer(
  users: readonly InterviewedUser[],
  questions: readonly Question[],
  answer: (user: InterviewedUser, question: Question, index: number) => Promise<Answer>,
): Promise<UsersAnswers> {
  return Promise.all(
    users.map(async (user, u) =>
      Promise.all(questions.map(async (question) => answer(user, question, u))),
    ),
  );
}
