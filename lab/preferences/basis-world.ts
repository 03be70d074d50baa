// Simulated users who compare answers of the embedded models by the attributes' own rules.
import type { ComparedAnswers } from '../../src/basis/index.ts';
import type { GenerateOptions, LoadedRecipe } from '../../src/index.ts';
import { weightsOfAnswer } from '../../src/profiles/random-weights.ts';
import { readQuestions } from '../../test/support/atlas-questions.ts';
import { deviation, mean } from '../shared/numbers.ts';
import { answerOf, createPopulation, createRandom, type Lambda } from './users.ts';
import { attributeValue, readAttributes } from '../../test/support/atlas-attributes.ts';
import { heads } from '../rewards/recipe.ts';

const userCount = 120;
const answersPerUser = 40;
const newcomerCount = 60;
const maxTokens = 96;
/** Learned weights times this, as in the recipe. */
const strength = 2;

/** An answer, its attributes by the rules, and by the reward model's heads; both in deviations. */
interface WorldAnswer {
  readonly text: string;
  readonly attributes: readonly number[];
  readonly heads: readonly number[];
}

export interface WorldPair {
  readonly prompt: string;
  readonly first: WorldAnswer;
  readonly second: WorldAnswer;
}

export interface World {
  /** What a basis is learned from. */
  readonly comparisons: readonly ComparedAnswers[];
  /** λ of those who compared. */
  readonly lambdas: readonly Lambda[];
  readonly training: readonly WorldPair[];
  /** Of other people than the training pairs. */
  readonly fresh: readonly WorldPair[];
  /** λ of other users of the same population. */
  readonly newcomers: readonly Lambda[];
}

/** Deterministic by its seed. */
export async function createWorld(trimtab: LoadedRecipe, seed: number): Promise<World> {
  const training = await samplePairs(trimtab, await readQuestions('validation'), seed);
  const others = (await readQuestions('heldout')).filter((_, i) => i % 2 === 0);
  const fresh = await samplePairs(trimtab, others, seed + 1);
  const random = createRandom(seed);
  const drawUser = createPopulation(random, heads.length, 1);
  const lambdas = Array.from({ length: userCount }, drawUser);
  const comparisons = lambdas.flatMap((lambda, user) =>
    Array.from({ length: answersPerUser }, (): ComparedAnswers => {
      const pair = training[Math.floor(random.uniform() * training.length)]!;
      const { prompt, first, second } = pair;
      const outcome = answerOf(lambda, { id: '', difference: attributesOf(pair) }, random);
      return { user: `user${user}`, prompt, first: first.text, second: second.text, outcome };
    }),
  );
  const newcomers = Array.from({ length: newcomerCount }, drawUser);
  return { comparisons, lambdas, training, fresh, newcomers };
}

/** Difference of the two answers' attributes. */
export function attributesOf({ first, second }: WorldPair): number[] {
  return first.attributes.map((value, k) => value - second.attributes[k]!);
}

/** Two answers to each question, with weights that are opposite; those that came out the same are left out. */
async function samplePairs(
  trimtab: LoadedRecipe,
  questions: readonly { readonly question: string }[],
  seed: number,
): Promise<WorldPair[]> {
  const rules = await readAttributes();
  const sample = async (question: string, n: number) => {
    const weights = weightsOfAnswer(seed, n, heads.length);
    const options: GenerateOptions = {
      maxTokens,
      temperature: 1,
      seed: 1000 * seed + n,
      rewards: Object.fromEntries(heads.map((name, k) => [name, strength * weights[k]!])),
      reportRewards: [...heads],
    };
    const { text, rewards } = await trimtab.generate(question, options);
    return {
      text,
      attributes: heads.map((name) => attributeValue(rules[name]!, text)),
      heads: heads.map((name) => rewards![name]!),
    };
  };
  const pairs = await Promise.all(
    questions.map(async ({ question }, i) => {
      const [first, second] = await Promise.all([
        sample(question, 2 * i),
        sample(question, 2 * i + 1),
      ]);
      return { prompt: question, first, second };
    }),
  );
  return standardized(pairs.filter(({ first, second }) => first.text !== second.text));
}

function standardized(pairs: readonly WorldPair[]): WorldPair[] {
  const answers = pairs.flatMap(({ first, second }) => [first, second]);
  const scaled = (of: (answer: WorldAnswer) => readonly number[]) => {
    const moments = heads.map((_, k) => {
      const values = answers.map((answer) => of(answer)[k]!);
      return { middle: mean(values), spread: deviation(values) };
    });
    return (answer: WorldAnswer) =>
      of(answer).map((value, k) => (value - moments[k]!.middle) / moments[k]!.spread);
  };
  const attributes = scaled((answer) => answer.attributes);
  const values = scaled((answer) => answer.heads);
  const standardize = (answer: WorldAnswer): WorldAnswer => ({
    text: answer.text,
    attributes: attributes(answer),
    heads: values(answer),
  });
  return pairs.map(({ prompt, first, second }) => ({
    prompt,
    first: standardize(first),
    second: standardize(second),
  }));
}
