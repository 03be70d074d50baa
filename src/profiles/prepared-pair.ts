import { createHash } from 'node:crypto';

import type { Candidate } from '../preference/index.ts';
import type { ComparedTexts } from '../store/index.ts';

/** An answer to one of the recipe's prompts, and its attributes in standard deviations. */
export interface MeasuredAnswer {
  readonly text: string;
  /** φ, shape `[attributes]`. */
  readonly features: readonly number[];
}

/** Two answers to one prompt that a user could choose from. */
export interface PreparedPair extends Candidate {
  readonly prompt: string;
  readonly first: string;
  readonly second: string;
}

/** The id is that of the texts, whichever comes first. */
export function preparePair(
  prompt: string,
  first: MeasuredAnswer,
  second: MeasuredAnswer,
): PreparedPair {
  const texts = [first.text, second.text].toSorted();
  return {
    id: shortHash([prompt, ...texts]),
    prompt,
    first: first.text,
    second: second.text,
    difference: first.features.map((value, k) => value - second.features[k]!),
  };
}

/**
 * The pair as it is shown: which answer comes first is chance, so that a habit of choosing the first
 * says nothing. The same seed and reader give the same order.
 */
export function toComparedTexts(pair: PreparedPair, seed: number, reader: string): ComparedTexts {
  const { prompt, first, second, difference } = pair;
  const isSwapped = Number.parseInt(shortHash([String(seed), reader, pair.id])[0]!, 16) % 2 === 1;
  if (!isSwapped) return { prompt, first, second, features: difference };
  return { prompt, first: second, second: first, features: difference.map((value) => -value) };
}

function shortHash(parts: readonly string[]): string {
  return createHash('sha256').update(JSON.stringify(parts)).digest('hex').slice(0, 32);
}
