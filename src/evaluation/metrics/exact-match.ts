import { normaliseAnswer } from './normalise-answer.ts';

/** 1 if the answer is one of the references, without case, punctuation and articles; else 0. */
export function exactMatch(text: string, references: readonly string[]): number {
  const normalised = normaliseAnswer(text);
  return references.some((reference) => normaliseAnswer(reference) === normalised) ? 1 : 0;
}
