import { createHash } from 'node:crypto';

/** A seed is a safe integer: 6 bytes fit. */
const SEED_BYTES = 6;

/**
 * The seed of an item, drawn by its name from the evaluation's: neither order nor concurrency matter,
 * and all systems answer it with the same one.
 * @returns An integer in [0, 2^48).
 */
export function itemSeed(seed: number, task: string, item: string | number): number {
  const digest = createHash('sha256')
    .update(JSON.stringify([seed, task, item]))
    .digest();
  return digest.readUIntBE(0, SEED_BYTES);
}
