import type { Reward, RewardedAnswer, RewardScope } from '../spec/index.ts';
import { createAnswerText } from './answer-text.ts';
import type { TextCandidate } from './answer-text.ts';

/** A reward that reads text. */
export interface TextRewardOptions {
  readonly name: string;
  readonly scope: RewardScope;
  /** Values of at least one candidate, shape `[candidates]`. */
  readonly score: (
    candidates: readonly TextCandidate[],
    answer: RewardedAnswer,
    signal: AbortSignal,
  ) => Float64Array | Promise<Float64Array>;
}

/** A reward whose sessions turn tokens into text before they are scored. */
export function createTextReward({ name, scope, score }: TextRewardOptions): Reward {
  return {
    name,
    scope,
    start(answer) {
      const text = createAnswerText(answer.vocabulary);
      return {
        get length() {
          return text.length;
        },
        score(continuations, signal) {
          signal.throwIfAborted();
          if (continuations.length === 0) return new Float64Array();
          return score(
            continuations.map((tokens) => text.followedBy(tokens)),
            answer,
            signal,
          );
        },
        accept: (tokens) => text.accept(tokens),
        truncate: (length) => text.truncate(length),
        [Symbol.dispose]() {},
      };
    },
  };
}

/** Scores each candidate by itself. */
export function eachCandidate(
  value: (candidate: TextCandidate) => number,
): TextRewardOptions['score'] {
  return (candidates) => Float64Array.from(candidates, value);
}
