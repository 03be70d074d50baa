import { createHash } from 'node:crypto';

import type { ServedRecipe } from '../../spec/index.ts';

/**
 * OpenAI's `system_fingerprint`: another wherever the same request and seed may give another answer,
 * because of the version, the recipe, its files, or what computes them.
 */
export function systemFingerprint(version: string, served: ServedRecipe | undefined): string {
  const { name: recipe, formula, params, rewards, guidance } = served ?? {};
  const { klBudget, constraint, sampling, models = [] } = served ?? {};
  const files = models.map(({ name, file, hub, weightBytes, kernels }) => ({
    name,
    file,
    hub,
    weightBytes,
    kernels,
  }));
  const steering = { formula, params, rewards, guidance, klBudget, constraint, sampling };
  const identity = JSON.stringify({ version, recipe, ...steering, files });
  return `fp_${createHash('sha256').update(identity).digest('hex').slice(0, 12)}`;
}
