import { createLinearHead } from './linear-head.ts';
import type { RewardHead } from './linear-head.ts';

/** Heads that a layer may have: more is another layer, such as one over a vocabulary. */
export const mostHeads = 1024;

/** A layer of several heads, as a file has it. */
export interface HeadRows {
  /** One per head. */
  readonly names: readonly string[];
  /** Shape `[heads, embeddingLength]`, row-major. */
  readonly weight: Float32Array;
  /** Shape `[heads]`, or `null` for zeros. */
  readonly bias: Float32Array | null;
  /** Of the model that gives the hidden states. */
  readonly embeddingLength: number;
}

/**
 * One head per row.
 * @param refuse - Makes the error of a layer that does not fit, from what is wrong with it.
 */
export function headsOf(
  { names, weight, bias, embeddingLength }: HeadRows,
  refuse: (what: string) => Error,
): RewardHead[] {
  const heads = names.length;
  if (weight.length !== heads * embeddingLength) {
    throw refuse(
      `has ${weight.length} weights, but ${heads} heads on hidden states of ${embeddingLength} need ${heads * embeddingLength}: it belongs to another model.`,
    );
  }
  if (bias !== null && bias.length !== heads) {
    throw refuse(`has ${bias.length} biases for ${heads} heads.`);
  }
  if (!weight.every(Number.isFinite) || !(bias ?? []).every(Number.isFinite)) {
    throw refuse('has weights or biases that are not finite: it is damaged.');
  }
  return names.map((name, h) =>
    createLinearHead({
      name,
      weight: weight.slice(h * embeddingLength, (h + 1) * embeddingLength),
      bias: bias?.[h] ?? 0,
    }),
  );
}
