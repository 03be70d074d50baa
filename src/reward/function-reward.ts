import type { ChatMessage, Reward, RewardScope } from '../spec/index.ts';
import { createTextReward } from './text-reward.ts';
import { toValues } from './values.ts';

/** What a user's scoring is told beside the texts. */
export interface ScoredAnswer {
  /** The conversation that is answered. */
  readonly messages: readonly ChatMessage[];
  /** Whether each text is a whole answer, or the beginning of one. Shape `[texts]`. */
  readonly isWhole: readonly boolean[];
}

/** Gives one finite number per text, higher is better; all candidates of a step in one call. */
export type ScoreFunction = (
  texts: readonly string[],
  answer: ScoredAnswer,
  signal: AbortSignal,
) => ArrayLike<number> | Promise<ArrayLike<number>>;

export interface FunctionRewardOptions {
  readonly name: string;
  /** What the values mean something on: `both` by default. */
  readonly scope?: RewardScope;
  /**
   * Runs in this process and thread: while a synchronous one computes, nothing else does. For long
   * work return a promise, or use a module (`loadModuleReward`).
   */
  readonly score: ScoreFunction;
}

/**
 * A reward that is the user's own function. Its sessions throw RewardError where the function gives
 * anything but one finite number per text.
 */
export function functionReward({ name, scope = 'both', score }: FunctionRewardOptions): Reward {
  return createTextReward({
    name,
    scope,
    start:
      ({ messages }) =>
      (candidates, _, signal) => {
        const texts = candidates.map(({ text }) => text);
        const isWhole = candidates.map((candidate) => candidate.isWhole);
        const given = score(texts, { messages, isWhole }, signal);
        return given instanceof Promise
          ? given.then((values) => toValues(name, values, texts.length))
          : toValues(name, given, texts.length);
      },
  });
}
