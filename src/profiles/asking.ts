import { nextQuestion, questionDefaults, type Posterior } from '../preference/index.ts';
import type { AnswerRecord } from '../store/index.ts';
import type { PreparedPair } from './prepared-pair.ts';
import type { Enough } from './profiles.ts';

/** About how many answers it takes until there is little left to learn. */
const usualAnswers = 10;

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
 * The next question of those prepared.
 * @param isMoreComing - Whether more pairs are being prepared: then a dull one can wait for a better one.
 */
export function nextStep(
  asked: Asked,
  pairs: readonly PreparedPair[],
  isMoreComing: boolean,
): NextStep {
  const left = unseenPairs(pairs, asked);
  const next = nextQuestion(asked.posterior, left, { asked: countedQuestions(asked) });
  const isDull = next.gain < questionDefaults.minGain;
  if (countOf(asked) >= questionDefaults.maxQuestions) return { kind: 'enough', reason: 'count' };
  if (isDull && isMoreComing) return { kind: 'wait' };
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
  const left = unseenPairs(pairs, asked);
  const alike = asked.answers.map(({ id, features }) => ({
    id: `like ${id}`,
    difference: features,
  }));
  const candidates = areAll && left.length > 0 ? left : [...left, ...alike];
  if (countOf(asked) >= questionDefaults.maxQuestions) return { kind: 'enough', reason: 'count' };
  if (candidates.length === 0) return null;
  const next = nextQuestion(asked.posterior, candidates, { asked: countedQuestions(asked) });
  return next.kind === 'ask' ? null : { kind: 'enough', reason: next.reason };
}

function countOf({ posterior }: Asked): number {
  return posterior.observations.length;
}

/** Questions whose answers count: as many as are to be counted. */
function countedQuestions({ answers }: Asked): ReadonlySet<string> {
  return new Set(answers.filter(({ counts }) => counts).map(({ id }) => id));
}
