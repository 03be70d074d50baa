// How well answers suit users, who judge them by their own weights and the true attributes.
import type { Estimate } from '../shared/bootstrap.ts';
import { occursAsWords, type Question } from '../shared/atlas-questions.ts';
import type { Answerer } from './answers.ts';
import type { Samples, UsersAnswers } from './systems.ts';
import type { InterviewedUser, Judge } from './users.ts';

/** What a way of answering is worth; estimates are over users. */
export interface Outcome {
  /** Share of wins over the default answers, ties half. */
  readonly overDefault: Estimate;
  /** Over the default answers, in standard deviations of what the recipe's samples are worth. */
  readonly gain: Estimate;
  /** Share of answers in which the fact occurs. */
  readonly facts: Estimate;
  /** Under the large model alone, per token. */
  readonly perplexity: number;
  readonly tokensPerAnswer: number;
  /** Passes of the formula's models. */
  readonly forwardsPerAnswer: number;
}

export interface Measure {
  outcomeOf(answers: UsersAnswers): Promise<Outcome>;
  /** Share of wins of one over the other, ties half. */
  winsOver(one: UsersAnswers, other: UsersAnswers): Estimate;
  /** Share of wins over the answers of all other users, ties half. */
  winsOverOthers(answers: UsersAnswers): Estimate;
  /** Of several ways' answers, the index of the best for each user. */
  bestFor(ways: readonly UsersAnswers[]): number[];
}

export interface MeasureOptions {
  readonly answerer: Answerer;
  readonly users: readonly InterviewedUser[];
  readonly questions: readonly Question[];
  readonly judge: Judge;
  readonly samples: Samples;
  readonly byDefault: UsersAnswers;
  readonly estimate: (values: readonly number[]) => Estimate;
}

export function createMeasure(options: MeasureOptions): Measure {
  const { answerer, users, questions, judge, samples, byDefault, estimate } = options;
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
      perplexity: await perplexity(answerer, questions, answers),
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
  const values = samples.flat().map(({ text }) => value(text));
  const middle = mean(values);
  const deviation = Math.sqrt(mean(values.map((each) => (each - middle) ** 2)));
  return (text) => value(text) / deviation;
}

/** What is less than a rounding apart is as good. */
function win(one: number, other: number): number {
  return Math.abs(one - other) < 1e-9 ? 0.5 : Number(one > other);
}

async function perplexity(
  answerer: Answerer,
  questions: readonly Question[],
  answers: UsersAnswers,
): Promise<number> {
  const given = answers.flatMap((own) =>
    own.map(({ text }, q) => answerer.likelihood(questions[q]!.question, text, 'large')),
  );
  const scores = (await Promise.all(given)).filter((score) => score !== null);
  const sum = (values: readonly number[]) => values.reduce((total, value) => total + value, 0);
  const nats = -sum(scores.map(({ logprob }) => logprob));
  return Math.exp(nats / sum(scores.map(({ tokens }) => tokens)));
}

function mean(values: readonly number[]): number {
  return values.reduce((total, value) => total + value, 0) / values.length;
}
