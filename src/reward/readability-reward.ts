import { InvalidOptionError } from '../spec/index.ts';
import type { Reward } from '../spec/index.ts';
import { readingGrade } from './reading-grade.ts';
import { createTextReward, eachCandidate } from './text-reward.ts';

export interface ReadabilityRewardOptions {
  readonly name: string;
  /** Years of schooling that a reader needs. */
  readonly grade: number;
}

/**
 * `-|reading grade - target|` of English text, in years of schooling. For whole answers: the grade of
 * unfinished sentences says little.
 * @throws InvalidOptionError for a grade that is not finite.
 */
export function readabilityReward({ name, grade }: ReadabilityRewardOptions): Reward {
  if (!Number.isFinite(grade)) {
    throw new InvalidOptionError('grade', `The grade is ${grade}, but must be a finite number.`);
  }
  return createTextReward({
    name,
    scope: 'answer',
    start: () => eachCandidate(({ text }) => 0 - Math.abs(readingGrade(text) - grade)),
  });
}
