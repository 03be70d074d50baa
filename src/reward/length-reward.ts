import { InvalidOptionError } from '../spec/index.ts';
import type { Reward } from '../spec/index.ts';
import type { TextCandidate } from './answer-text.ts';
import { createTextReward, eachCandidate } from './text-reward.ts';
import { countCharacters, countSentences, wordsOf } from './text-measures.ts';

/** Characters are Unicode code points; an end-of-generation token is none of the tokens. */
export type LengthUnit = 'characters' | 'words' | 'sentences' | 'tokens';

export interface LengthRewardOptions {
  readonly name: string;
  /** In units, above 0. */
  readonly target: number;
  readonly unit: LengthUnit;
}

/**
 * How near an answer's length n is to a target t: `-|n - t| / t` for a whole answer, and
 * `-2 max(0, n - t) / t` for the beginning of one, which is not yet too short, and will be longer still if it is
 * too long. So to end costs `(t - n) / t` as long as the answer is short, and gains as much when it is long by as much.
 * @throws InvalidOptionError for a target that is not above 0.
 */
export function lengthReward({ name, target, unit }: LengthRewardOptions): Reward {
  if (!Number.isFinite(target) || target <= 0) {
    throw new InvalidOptionError(
      'target',
      `The target length is ${target} ${unit}, but must be a number above 0.`,
    );
  }
  const measure = measures[unit];
  return createTextReward({
    name,
    scope: 'both',
    judgesEnds: true,
    start: () =>
      eachCandidate((candidate) => {
        const excess = (measure(candidate) - target) / target;
        // 0 - x, because -x would make -0 of 0.
        return 0 - (candidate.isWhole ? Math.abs(excess) : 2 * Math.max(0, excess));
      }),
  });
}

const measures: Readonly<Record<LengthUnit, (candidate: TextCandidate) => number>> = {
  characters: ({ text }) => countCharacters(text),
  words: ({ text }) => wordsOf(text).length,
  sentences: ({ text }) => countSentences(text),
  tokens: ({ tokenCount }) => tokenCount,
};
