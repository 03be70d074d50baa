import { expect, it } from 'vitest';

import { resolveRecipe, type RecipeDocument } from '../../recipe/index.ts';
import { toServedRecipe } from '../../service/served-recipe.ts';
import { describeComputing } from '../../engine/load/settings.ts';
import { systemFingerprint } from './fingerprint.ts';

const fingerprint = (
  document: Partial<RecipeDocument> = {},
  kernels = 'llama.cpp 1, CPU AVX2, plain',
  file = 'a.gguf',
  hub: { hub?: string } = {},
) => {
  const recipe = resolveRecipe({ models: { a: file }, base: 'a', ...document }, { directory: '/' });
  const model = { name: 'a', file, weightBytes: 7, vocabularySize: 9, vocabularyReport: '' };
  const models = [
    { ...model, ...hub, contextLength: 5, kernels: describeComputing(recipe, { kernels }) },
  ];
  const served = toServedRecipe(recipe, { state: 'ready', failure: null, models });
  return systemFingerprint('1.0.0', served);
};

it('stays for the same recipe, files and kernels', () => {
  expect(fingerprint()).toBe(fingerprint());
  expect(fingerprint()).toMatch(/^fp_[0-9a-f]{12}$/);
  expect(fingerprint({ engine: { threads: 3 } })).toBe(fingerprint());
});

it('is another wherever numbers may be', () => {
  const prints = [
    fingerprint(),
    fingerprint({}, 'llama.cpp 2, CPU AVX2, plain'),
    fingerprint({}, 'llama.cpp 1, CPU AVX512, plain'),
    fingerprint({}, 'llama.cpp 1, CPU AVX2, repacked'),
    fingerprint({ engine: { batchInvariant: true } }),
    fingerprint({ engine: { flashAttention: true } }),
    fingerprint({ engine: { kvType: 'f32' } }),
    fingerprint({ sampling: { temperature: 0.5 } }),
    fingerprint({}, 'llama.cpp 1, CPU AVX2, plain', 'b.gguf'),
    // Two commits of one file of the hub may differ in their weights alone.
    ...['1', '2'].map((at) =>
      fingerprint({}, undefined, undefined, { hub: `hf:a/b/a.gguf@${at.repeat(40)}` }),
    ),
  ];
  expect(new Set(prints).size).toBe(prints.length);
});
