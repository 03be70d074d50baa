import { type Candidates, keepUpTo } from './candidates.ts';
import type { ResolvedSampling } from './options.ts';
import { smallestSet } from './smallest-set.ts';

/**
 * Step 7: what follows top-k, each on the renormalised rest of the one before: typical, top-p,
 * min-p. This is llama.cpp's order of them; temperature has been applied before, as in vLLM and
 * Hugging Face transformers. At least one candidate remains. Filters take their argument's arrays over.
 */
export function filterCandidates(
  candidates: Candidates,
  { typicalP, topP, minP }: ResolvedSampling,
): Candidates {
  let kept = candidates;
  if (typicalP < 1) kept = keepTypical(kept, typicalP);
  if (topP < 1) kept = keepTopP(kept, topP);
  if (minP > 0) kept = keepMinP(kept, minP);
  return kept;
}

/**
 * Locally typical sampling: the smallest set of mass `typicalP`, taken by how little
 * `-log p` differs from the entropy `-Σ p log p`.
 * @see Meister et al. 2022, "Locally Typical Sampling", arXiv:2202.00666
 */
export function keepTypical(candidates: Candidates, typicalP: number): Candidates {
  const { weights, mass } = candidates;
  const logMass = Math.log(mass);
  const oddity = new Float64Array(weights.length); // -log p, then its distance from the entropy
  let entropy = 0;
  for (let i = 0; i < weights.length; i++) {
    oddity[i] = logMass - Math.log(weights[i]!);
    entropy += (weights[i]! / mass) * oddity[i]!;
  }
  for (let i = 0; i < weights.length; i++) oddity[i] = Math.abs(oddity[i]! - entropy);
  return keepUpTo(candidates, oddity, smallestSet(oddity, weights, typicalP * mass));
}

/**
 * Nucleus sampling: the smallest set of mass `topP`, most probable first.
 * @see Holtzman et al. 2020, "The Curious Case of Neural Text Degeneration", arXiv:1904.09751
 */
export function keepTopP(candidates: Candidates, topP: number): Candidates {
  const { weights, mass } = candidates;
  const keys = negated(weights);
  return keepUpTo(candidates, keys, smallestSet(keys, weights, topP * mass));
}

/**
 * Min-p sampling: tokens of at least `minP` times the best one's probability.
 * @see Nguyen et al. 2024, "Turning Up the Heat: Min-p Sampling", arXiv:2407.01082
 */
export function keepMinP(candidates: Candidates, minP: number): Candidates {
  const keys = negated(candidates.weights);
  const best = keys.reduce((least, key) => Math.min(least, key), 0);
  return keepUpTo(candidates, keys, { key: minP * best, position: keys.length });
}

/** Keys that order by weight, the largest first. */
function negated(weights: Float32Array): Float64Array {
  const keys = new Float64Array(weights.length);
  for (let i = 0; i < weights.length; i++) keys[i] = -weights[i]!;
  return keys;
}
