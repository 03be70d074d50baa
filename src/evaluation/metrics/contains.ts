import { normaliseAnswer } from './normalise-answer.ts';

/**
 * 1 if the words of one of the references occur in the answer, whole and in a row, without case,
 * punctuation and articles; else 0.
 */
export function containsReference(text: string, references: readonly string[]): number {
  const words = ` ${normaliseAnswer(text)} `;
  return references.some((reference) => words.includes(` ${normaliseAnswer(reference)} `)) ? 1 : 0;
}
