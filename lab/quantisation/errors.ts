import { toLogprobs } from './read-answers.ts';

/** A value of a token at a position, at `position * vocabSize + tokenId`. */
export type RowValue = (i: number) => number;

/** Tokens of a position that errors are taken over: the base's likeliest. */
const likely = 10;

/**
 * How far `wrong` is from `right`, in nats: the root of the mean square over the base's likeliest tokens of every
 * position, what is the same for all of a position aside, since it changes no probability.
 */
export function errorOver(
  best: readonly Int32Array[],
  vocabSize: number,
  right: RowValue,
  wrong: RowValue,
): number {
  let squares = 0;
  for (const [position, tokens] of best.entries()) {
    const errors = Array.from(
      tokens,
      (id) => wrong(position * vocabSize + id) - right(position * vocabSize + id),
    );
    const middle = errors.reduce((sum, each) => sum + each, 0) / errors.length;
    for (const each of errors) squares += (each - middle) ** 2 / errors.length;
  }
  return Math.sqrt(squares / best.length);
}

/** The likeliest tokens of each position. */
export function likeliest(rows: Float32Array, vocabSize: number): Int32Array[] {
  return Array.from({ length: rows.length / vocabSize }, (_, position) => {
    const row = rows.subarray(position * vocabSize, (position + 1) * vocabSize);
    const best: number[] = [];
    for (let id = 0; id < vocabSize; id++) {
      if (best.length === likely && row[id]! <= row[best.at(-1)!]!) continue;
      const at = best.findIndex((other) => row[other]! < row[id]!);
      best.splice(at === -1 ? best.length : at, 0, id);
      if (best.length > likely) best.pop();
    }
    return Int32Array.from(best);
  });
}

export interface Divergence {
  /** Mean over the positions, in nats. */
  readonly kl: number;
  /** Share of the positions whose likeliest token is another. */
  readonly changed: number;
}

/** Of the distributions of the sums of log-probs: `KL(right ‖ wrong)`. */
export function divergence(
  positions: number,
  vocabSize: number,
  right: RowValue,
  wrong: RowValue,
): Divergence {
  let [kl, changed] = [0, 0];
  const [p, q] = [new Float32Array(vocabSize), new Float32Array(vocabSize)];
  for (let position = 0; position < positions; position++) {
    for (let id = 0; id < vocabSize; id++) {
      p[id] = right(position * vocabSize + id);
      q[id] = wrong(position * vocabSize + id);
    }
    toLogprobs(p);
    toLogprobs(q);
    let [first, other] = [0, 0];
    for (let id = 0; id < vocabSize; id++) {
      kl += Math.exp(p[id]!) * (p[id]! - q[id]!);
      if (p[id]! > p[first]!) first = id;
      if (q[id]! > q[other]!) other = id;
    }
    if (first !== other) changed++;
  }
  return { kl: kl / positions, changed: changed / positions };
}
