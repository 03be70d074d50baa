import type { TokenId, Vocabulary } from '../../../src/spec/index.ts';

export interface ChaoticLogitsOptions {
  /** Tells models apart. */
  readonly salt?: number;
  /** Added to the end's logits: the larger, the shorter are answers; -100, none ends, by default. */
  readonly endBias?: number;
}

/**
 * Next-token logits from 0 to 4 that depend on every token before them and on its place: whatever is
 * computed in another order, twice, or after another prefix gives other tokens.
 */
export function chaoticLogits(
  vocabulary: Vocabulary,
  { salt = 0, endBias = -100 }: ChaoticLogitsOptions = {},
): (tokens: readonly TokenId[]) => number[] {
  const { endOfGeneration } = vocabulary.special;
  const biases = Array.from({ length: vocabulary.size }, (_, id) => {
    if (endOfGeneration.includes(id)) return endBias;
    return vocabulary.isControl(id) ? -100 : 0;
  });
  return (tokens) => {
    let state = tokens.length + 7919 * salt;
    for (const token of tokens) state = (Math.imul(state, 31) + token + 1) >>> 0;
    return biases.map((bias) => {
      state = (Math.imul(state, 1664525) + 1013904223) >>> 0;
      return bias + (state >>> 8) / 2 ** 22;
    });
  };
}
