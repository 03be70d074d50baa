import type { Reward, RewardedAnswer } from '../../src/spec/index.ts';
import { bytesOf, byteVocabulary, endToken } from './byte-vocabulary.ts';

/** An answer to a question, in bytes as tokens. */
export const byteAnswer: RewardedAnswer = {
  messages: [{ role: 'user', content: 'What is a trim tab?' }],
  vocabulary: byteVocabulary(),
};

interface ScoringOptions {
  readonly isWhole?: boolean;
  readonly signal?: AbortSignal;
}

/** A reward's values of texts: unfinished answers, or whole ones. */
export async function scoreTexts(
  reward: Reward,
  texts: readonly string[],
  { isWhole = false, signal = new AbortController().signal }: ScoringOptions = {},
): Promise<number[]> {
  const session = reward.start(byteAnswer);
  try {
    const end = isWhole ? [endToken] : [];
    return [
      ...(await session.score(
        texts.map((text) => [...bytesOf(text), ...end]),
        signal,
      )),
    ];
  } finally {
    session[Symbol.dispose]();
  }
}
