import { type Candidates, keepWhere } from './candidates.ts';
import type { ResolvedSampling } from './options.ts';
import { smallestSet } from './smallest-set.ts';

/**
 * Step 7: what follows top-k, each on the renormalised rest of the one before: typical, top-p,
 * min-p. This is llama.cpp's order of them; temperature has been applied before, as in vLLM and
 * Hugging Face transformers. At least one candidate remains.
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
  const surprisal = weights.map((weight) => logMass - Math.log(weight));
  const entropy = surprisal.reduce((sum, s, i) => sum + (weights[i]! / mass) * s, 0);
  const atypical = surprisal.map((s) => Math.abs(s - entropy));
  return keepWhere(candidates, smallestSet(atypical, weights, typicalP * mass));
}

/**
 * Nucleus sampling: the smallest set of mass `topP`, most probable first.
 * @see Holtzman et al. 2020, "The Curious Case of Neural Text Degeneration", arXiv:1904.09751
 */
export function keepTopP(candidates: Candidates, topP: number): Candidates {
  const { weights, mass } = candidates;
  const descending = weights.map((weight) => -weight);
  return keepWhere(candidates, smallestSet(descending, weights, topP * mass));
}

/**
 * Min-p sampling: tokens of at least `minP` times the best one's probability.
 * @see Nguyen et al. 2024, "Turning Up the Heat: Min-p Sampling", arXiv:2407.01082
 */
export function keepMinP(candidates: Candidates, minP: number): Candidates {
  const { weights } = candidates;
  const least = minP * weights.reduce((best, weight) => Math.max(best, weight), 0);
  return keepWhere(candidates, (position) => weights[position]! >= least);
}
