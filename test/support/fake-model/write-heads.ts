import { writeFile } from 'node:fs/promises';

import { formatBasis } from '../../../src/preference/index.ts';

/**
 * Writes a file of linear heads for a fake's hidden states: `value = weights · hiddenState`.
 * @param heads - By name, each of the fake's `embeddingLength`.
 */
export async function writeHeads(
  file: string,
  heads: Readonly<Record<string, readonly number[]>>,
): Promise<void> {
  const names = Object.keys(heads);
  const weights = Object.values(heads);
  const zeros = Array.from(weights[0]!, () => 0);
  const identity = names.map((_, i) => names.map((__, j) => (i === j ? 1 : 0)));
  const basis = formatBasis({
    format: 'trimtab-preference-basis',
    version: 1,
    names,
    center: zeros,
    scale: zeros.map(() => 1),
    weights,
    prior: { mean: names.map(() => 0), covariance: identity },
    tieProbability: 0.2,
    provenance: {
      features: 'hidden state of a fake',
      comparisons: 'made up',
      users: 2,
      pairs: 2,
      answers: 2,
      seed: 0,
      heldOut: { answers: 0, accuracy: null, accuracyOfMean: null },
    },
  });
  await writeFile(file, basis);
}
