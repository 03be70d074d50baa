/** What is known of how well an owner's questions were foreseen. */
export interface Foresight {
  /** Prepared answers of contexts that were asked something, and hits among what was asked of them. */
  readonly answers: number;
  readonly hits: number;
}

/** A pass while nobody waits, in passes while somebody does. */
const idlePrice = 0.1;

/** The share of an answer's passes that its draft saves: one pass checks up to fifteen tokens. */
const savedShare = 0.85;

/** Passes of an answer before any was prepared. */
const usualPasses = 48;

/** As many prepared answers, half of them asked for, are believed before any was. */
const prior = { answers: 4, hits: 2 };

/**
 * Passes that preparing one more answer is expected to save, less what they cost: `E(asked) · saved − price · spent`.
 * @param isGiven - Whether whoever stored the context expects the question: it is asked once.
 * @param unasked - Foreseen questions of this context that nobody has asked yet.
 * @param spent - Passes of each of its answers so far.
 */
export function expectedSaving(
  isGiven: boolean,
  { answers, hits }: Foresight,
  unasked: number,
  spent: readonly number[],
): number {
  const passes =
    spent.length === 0 ? usualPasses : spent.reduce((sum, one) => sum + one, 0) / spent.length;
  const asked = isGiven ? 1 : (hits + prior.hits) / (answers + unasked + prior.answers);
  return asked * savedShare * passes - idlePrice * passes;
}
