import type { Answer } from './answer.ts';

/** What an answer should look like: a pattern that must occur, or a test of it. */
export type AnswerFormat = RegExp | ((answer: Answer) => boolean);

/** 1 if the answer has the format, else 0. Anchor a pattern (`^…$`) that must match it all. */
export function formatAdherence(answer: Answer, format: AnswerFormat): number {
  // `search` does not depend on where a global pattern last matched.
  const adheres = typeof format === 'function' ? format(answer) : answer.text.search(format) >= 0;
  return adheres ? 1 : 0;
}
