import type { Comparison, PreferenceAnswer } from '../preference/index.ts';
import type { Prompt } from '../spec/index.ts';
import type { AnsweredPrompt } from '../engine/index.ts';

/** What one user said of two answers to a prompt. */
export interface ComparedAnswers {
  readonly user: string;
  readonly prompt: Prompt;
  /** As a model writes them: many begin with a space. */
  readonly first: string;
  readonly second: string;
  readonly outcome: PreferenceAnswer;
}

/** Two answers to a prompt, by their places in {@link GatheredComparisons.prompts}. */
interface PlacedPair {
  readonly prompt: number;
  readonly first: number;
  readonly second: number;
}

/** Comparisons whose users, prompts, answers and pairs occur once each. */
export interface GatheredComparisons {
  readonly prompts: readonly AnsweredPrompt[];
  readonly pairs: readonly PlacedPair[];
  /** Users are counted from 0, in the order in which they come. */
  readonly comparisons: readonly Comparison[];
}

const mirrored: Readonly<Record<PreferenceAnswer, PreferenceAnswer>> = {
  first: 'second',
  second: 'first',
  tie: 'tie',
  neither: 'neither',
};

/** The same two answers to the same prompt are one pair, whichever came first. */
export function gatherComparisons(compared: readonly ComparedAnswers[]): GatheredComparisons {
  const users = new Places<string>();
  const prompts = new Places<{ readonly prompt: Prompt; readonly answers: Places<string> }>();
  const pairs = new Places<PlacedPair>();
  const comparisons = compared.map(({ user, prompt, outcome, ...texts }): Comparison => {
    const at = prompts.place(JSON.stringify(prompt), () => ({ prompt, answers: new Places() }));
    const { answers } = prompts.values[at]!;
    const [first, second] = [texts.first, texts.second].map((text) =>
      answers.place(text, () => text),
    ) as [number, number];
    const pair =
      first <= second
        ? { prompt: at, first, second }
        : { prompt: at, first: second, second: first };
    return {
      user: users.place(user, () => user),
      pair: pairs.place(JSON.stringify(pair), () => pair),
      answer: first <= second ? outcome : mirrored[outcome],
    };
  });
  return {
    prompts: prompts.values.map(({ prompt, answers }) => ({ prompt, answers: answers.values })),
    pairs: pairs.values,
    comparisons,
  };
}

/** Different values in the order in which they come. */
class Places<Value> {
  readonly values: Value[] = [];
  readonly #places = new Map<string, number>();

  /** The place of the value of this key, which is made if it is new. */
  place(key: string, create: () => Value): number {
    const known = this.#places.get(key);
    if (known !== undefined) return known;
    const place = this.values.push(create()) - 1;
    this.#places.set(key, place);
    return place;
  }
}
