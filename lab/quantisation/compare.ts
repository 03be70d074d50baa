import { divergence, errorOver, likeliest, type Divergence, type RowValue } from './errors.ts';
import type { Reading } from './read-answers.ts';

/** An expert, and its twin without the system prompt. */
export interface Pair {
  readonly prompted: Reading;
  readonly bare: Reading;
}

/** What one way to store an expert does; errors in nats. */
export interface Outcome {
  readonly type: string;
  readonly bytes: number;
  /** Of the log-probs of one view. */
  readonly alone: number;
  /** Of the difference of both views. */
  readonly difference: number;
  /** Of the difference to a twin that is stored in another way. */
  readonly mixed: number;
  /** Of base + expert − twin, both stored in this way. */
  readonly composed: Divergence;
  /** The same with the other twin. */
  readonly composedMixed: Divergence;
}

interface Compared {
  /** The expert as it is meant. */
  readonly truth: Pair;
  /** Log-probs of the base without the system prompt. */
  readonly base: Float32Array;
  /** What the expert's twin is stored as where both are not stored alike. */
  readonly otherTwin: Reading;
}

/** Compares ways to store an expert with the expert itself. */
export function createComparison({ truth, base, otherTwin }: Compared) {
  const { positions, vocabSize, rows: bare } = truth.bare;
  const { rows: prompted } = truth.prompted;
  const best = likeliest(base, vocabSize);
  const difference: RowValue = (i) => prompted[i]! - bare[i]!;
  const composed: RowValue = (i) => base[i]! + difference(i);
  const error = (right: RowValue, wrong: RowValue) => errorOver(best, vocabSize, right, wrong);
  const diverge = (right: RowValue, wrong: RowValue) =>
    divergence(positions, vocabSize, right, wrong);
  return {
    /** How large the difference is itself. */
    size: error(() => 0, difference),
    /** What the difference does to the base. */
    shift: diverge((i) => base[i]!, composed),
    outcomeOf(type: string, stored: Pair): Outcome {
      const [first, second] = [stored.prompted.rows, stored.bare.rows];
      const same: RowValue = (i) => first[i]! - second[i]!;
      const mixed: RowValue = (i) => first[i]! - otherTwin.rows[i]!;
      return {
        type,
        bytes: stored.bare.bytes,
        alone: error(
          (i) => bare[i]!,
          (i) => second[i]!,
        ),
        difference: error(difference, same),
        mixed: error(difference, mixed),
        composed: diverge(composed, (i) => base[i]! + same(i)),
        composedMixed: diverge(composed, (i) => base[i]! + mixed(i)),
      };
    },
  };
}
