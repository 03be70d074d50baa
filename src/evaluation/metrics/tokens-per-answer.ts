import { mean } from '../statistics/mean.ts';
import type { Answer } from './answer.ts';

/** Mean number of tokens of the answers; NaN for none. */
export function tokensPerAnswer(answers: readonly Pick<Answer, 'tokenCount'>[]): number {
  return mean(answers.map(({ tokenCount }) => tokenCount));
}
