import {
  nextQuestion,
  questionDefaults,
  type NextQuestion,
  type Posterior,
} from '../preference/index.ts';
import type { AnswerRecord } from '../store/index.ts';
import type { PreparedPair } from './prepared-pair.ts';
import type { Enough } from './profiles.ts';

/** About how many answers it takes until there is little left to learn. */
const usualAnswers = 10;

/** Questions until a prompt comes again, if it may wait: nobody likes to read the same all the time. */
const promptPause = 3;

/** What a user was asked so far. */
export interface Asked {
  readonly posterior: Posterior;
  /** Those that count and those from before a reset, in order. */
  readonly answers: readonly AnswerRecord[];
}

/** What to do about the next question. */
export type NextStep =
  | { readonly kind: 'ask'; readonly pair: PreparedPair }
  /** None that is left is worth its time; those to come may be. */
  | { readonly kind: 'wait' }
  | Enough;

export function expectedAnswers(count: number): number {
  return Math.max(usualAnswers, count);
}

/** The pairs that were not shown to this user. */
export function unseenPairs(
  pairs: readonly PreparedPair[],
  { answers }: Asked,
): readonly PreparedPair[] {
  const seen = new Set(answers.map(({ id }) => id));
  return pairs.filter(({ id }) => !seen.has(id));
}

/**
 * The next question of those prepared. The first one is whatever there is: nobody likes to wait before they
 * have seen anything.
 * @param isMoreComing - Whether more pairs are being prepared: then a dull one can wait for a better one.
 */
export function nextStep(
  asked: Asked,
  pairs: readonly PreparedPair[],
  isMoreComing: boolean,
): NextStep {
  if (hasAskedMost(asked)) return { kind: 'enough', reason: 'count' };
  const next = bestOf(unseenPairs(pairs, asked), asked);
  const isFirst = next.kind === 'ask' && asked.answers.length === 0;
  if (isDull(next) && isMoreComing && !isFirst) return { kind: 'wait' };
  return next.kind === 'ask'
    ? { kind: 'ask', pair: next.pair }
    : { kind: 'enough', reason: next.reason };
}

/**
 * Why there is no more to ask, or `null`. Where pairs are still to come, they are taken to be like those
 * that were shown before.
 */
export function isEnough(
  asked: Asked,
  pairs: readonly PreparedPair[],
  areAll: boolean,
): Enough | null {
  if (hasAskedMost(asked)) return { kind: 'enough', reason: 'count' };
  const left = unseenPairs(pairs, asked);
  const alike = asked.answers.map(({ features, ...texts }) => ({
    ...texts,
    id: `like ${texts.id}`,
    difference: features,
  }));
  const candidates = areAll && left.length > 0 ? left : [...left, ...alike];
  if (candidates.length === 0) return null;
  const next = bestOf(candidates, asked);
  return next.kind === 'ask' ? null : { kind: 'enough', reason: next.reason };
}

/** The best of the pairs whose prompts did not come just now, or of all where that teaches little. */
function bestOf(pairs: readonly PreparedPair[], asked: Asked): NextQuestion<PreparedPair> {
  const { posterior, answers } = asked;
  const options = { asked: countedQuestions(asked) };
  const recent = new Set(answers.slice(-promptPause).map(({ prompt }) => prompt));
  const rested = pairs.filter(({ prompt }) => !recent.has(prompt));
  const best = nextQuestion(posterior, rested, options);
  return isDull(best) ? nextQuestion(posterior, pairs, options) : best;
}

function isDull({ gain }: NextQuestion<PreparedPair>): boolean {
  return gain < questionDefaults.minGain;
}

function hasAskedMost(asked: Asked): boolean {
  return countedQuestions(asked).size >= questionDefaults.maxQuestions;
}

/** Questions whose answers count: as many as are to be counted. */
function countedQuestions({ answers }: Asked): ReadonlySet<string> {
  return new Set(answers.filter(({ counts }) => counts).map(({ id }) => id));
}
