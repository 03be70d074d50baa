import type { Reward, RewardedAnswer, RewardScope } from '../spec/index.ts';
import { createAnswerText } from './answer-text.ts';
import type { TextCandidate } from './answer-text.ts';

/**
 * Values of at least one candidate, shape `[candidates]`. All their texts begin with that of the accepted
 * tokens, so that what was found in it before need not be searched for again.
 */
export type ScoreCandidates = (
  candidates: readonly TextCandidate[],
  accepted: string,
  signal: AbortSignal,
) => Float64Array | Promise<Float64Array>;

/** A reward that reads text. */
export interface TextRewardOptions {
  readonly name: string;
  readonly scope: RewardScope;
  readonly judgesEnds?: boolean;
  /** Begins one answer. */
  readonly start: (answer: RewardedAnswer) => ScoreCandidates;
}

/** A reward whose sessions turn tokens into text before they are scored. */
export function createTextReward({ name, scope, judgesEnds, start }: TextRewardOptions): Reward {
  return {
    name,
    scope,
    judgesEnds,
    start(answer) {
      const text = createAnswerText(answer.vocabulary);
      const score = start(answer);
      return {
        get length() {
          return text.length;
        },
        score(continuations, signal) {
          signal.throwIfAborted();
          if (continuations.length === 0) return new Float64Array();
          const candidates = continuations.map((tokens) => text.followedBy(tokens));
          return score(candidates, text.followedBy([]).text, signal);
        },
        accept: (tokens) => text.accept(tokens),
        truncate: (length) => text.truncate(length),
        [Symbol.dispose]() {},
      };
    },
  };
}

/** Scores each candidate by itself. */
export function eachCandidate(value: (candidate: TextCandidate) => number): ScoreCandidates {
  return (candidates) => Float64Array.from(candidates, value);
}
