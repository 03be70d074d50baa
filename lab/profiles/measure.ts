// How well answers suit users, who judge them by their own weights and the true attributes.
import { perplexity, type Interval } from '../../src/evaluation/index.ts';
import type { Recipe } from '../../src/index.ts';
import { occursAsWords, type Question } from '../../test/support/atlas-questions.ts';
import type { Estimate } from '../shared/estimate.ts';
import { deviation, mean } from '../shared/numbers.ts';
import type { Answerer } from './answers.ts';
import type { Samples, UsersAnswers } from './systems.ts';
import type { InterviewedUser, Judge } from './users.ts';

/** What a way of answering is worth; estimates are over users. */
export interface Outcome {
  /** Share of wins over the default answers, ties half. */
  readonly overDefault: Interval;
  /** Over the default answers, in standard deviations of what the recipe's samples are worth. */
  readonly gain: Interval;
  /** Share of answers in which the fact occurs. */
  readonly facts: Interval;
  /** Under the base alone, per token; `null` where it is not asked for. */
  readonly perplexity: number | null;
  readonly tokensPerAnswer: number;
  /** Passes of the formula's models. */
  readonly forwardsPerAnswer: number;
}

export interface Measure {
  outcomeOf(answers: UsersAnswers): Promise<Outcome>;
  /** Share of wins of one over the other, ties half. */
  winsOver(one: UsersAnswers, other: UsersAnswers): Interval;
  /** Share of wins over the answers of all other users, ties half. */
  winsOverOthers(answers: UsersAnswers): Interval;
  /** Of several ways' answers, the index of the best for each user. */
  bestFor(ways: readonly UsersAnswers[]): number[];
}

export interface MeasureOptions {
  readonly answerer: Answerer;
  readonly recipe: Recipe;
  readonly users: readonly InterviewedUser[];
  readonly questions: readonly Question[];
  readonly judge: Judge;
  readonly samples: Samples;
  readonly byDefault: UsersAnswers;
  readonly estimate: Estimate;
  /** Whether answers are scored under the base, which takes as long as writing many of them. */
  readonly isScored?: boolean;
}

export function createMeasure(options: MeasureOptions): Measure {
  const { users, questions, judge, samples, byDefault, estimate, isScored = true } = options;
  const valuers = users.map(({ lambda }) => createValuer(lambda, judge, samples));
  /** Of a number for each user and question, over the questions. */
  const perUser = (value: (u: number, q: number) => number) =>
    users.map((_, u) => mean(questions.map((_question, q) => value(u, q))));
  const worth = (answers: UsersAnswers, u: number, q: number) => valuers[u]!(answers[u]![q]!.text);
  const wins = (one: UsersAnswers, other: UsersAnswers) =>
    perUser((u, q) => win(worth(one, u, q), worth(other, u, q)));
  return {
    outcomeOf: async (answers) => ({
      overDefault: estimate(wins(answers, byDefault)),
      gain: estimate(perUser((u, q) => worth(answers, u, q) - worth(byDefault, u, q))),
      facts: estimate(
        perUser((u, q) => Number(occursAsWords(answers[u]![q]!.text, questions[q]!.answer))),
      ),
      perplexity: isScored ? await perplexityOf(options, answers) : null,
      tokensPerAnswer: mean(answers.flat().map(({ tokens }) => tokens)),
      forwardsPerAnswer: mean(answers.flat().map(({ forwards }) => forwards)),
    }),
    winsOver: (one, other) => estimate(wins(one, other)),
    winsOverOthers: (answers) =>
      estimate(
        perUser((u, q) => {
          const others = answers.filter((_, other) => other !== u);
          const own = worth(answers, u, q);
          return mean(others.map((theirs) => win(own, valuers[u]!(theirs[q]!.text))));
        }),
      ),
    bestFor: (ways) =>
      users.map((_, u) => {
        const worths = ways.map((way) => mean(questions.map((_question, q) => worth(way, u, q))));
        return worths.indexOf(Math.max(...worths));
      }),
  };
}

/** `λᵀ attributes` of a text, in standard deviations over the samples. */
function createValuer(
  lambda: readonly number[],
  judge: Judge,
  samples: Samples,
): (text: string) => number {
  const value = (text: string) =>
    judge.features(text).reduce((sum, feature, k) => sum + lambda[k]! * feature, 0);
  const spread = deviation(samples.flat().map(({ text }) => value(text)));
  return (text) => value(text) / spread;
}

/** What is less than a rounding apart is as good. */
function win(one: number, other: number): number {
  return Math.abs(one - other) < 1e-9 ? 0.5 : Number(one > other);
}

async function perplexityOf(
  { answerer, recipe, questions }: MeasureOptions,
  answers: UsersAnswers,
): Promise<number> {
  const given = answers.flatMap((own) =>
    own.map(({ text }, q) => answerer.likelihood(questions[q]!.question, text, recipe.base)),
  );
  return perplexity((await Promise.all(given)).filter((score) => score !== null)).perToken;
}
