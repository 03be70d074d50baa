import { expect, it } from 'vitest';

import type { TensorType } from '../../gguf/index.ts';
import { resolveRecipe, type RecipeDocument } from '../../recipe/index.ts';
import { expectedExactness } from './exactness.ts';

const say = (types: TensorType[], rest: Partial<RecipeDocument> = {}) =>
  expectedExactness(
    resolveRecipe({ models: { a: 'a.gguf' }, base: 'a', ...rest }, { directory: '/' }),
    [{ typeBytes: types.map((type) => ({ type, bytes: 1 })) }],
  );

it('promises the same bits where they were found, and for what was asked', () => {
  expect(say(['Q8_0', 'F32'])).toMatch(/^nearly always the same bits.*Q8_0/);
  expect(say(['Q5_0', 'Q4_K', 'F32'], { engine: { batchInvariant: true } })).toMatch(
    /^the same bits.*engine\.batchInvariant\)$/,
  );
});

it('promises no more than rounding for the rest', () => {
  for (const types of [
    ['Q4_K', 'Q8_0', 'F32'],
    ['F16', 'F32'],
    ['F32'],
    ['Q4_1'],
  ] as TensorType[][]) {
    expect(say(types)).toMatch(/^equal up to rounding.*engine\.batchInvariant makes/);
  }
  expect(say(['Q8_0'], { engine: { flashAttention: true } })).toMatch(/rounding.*flashAttention/);
  expect(say(['Q8_0'], { engine: { repack: true } })).toMatch(/rounding.*repack/);
});

it('names what an invariant recipe leaves out', () => {
  const models = { a: 'a.gguf', judge: 'judge.gguf' };
  const rewards = { kind: { model: 'judge', head: 'head.json', weight: 1 } };
  const text = say(['Q4_K'], { models, rewards, engine: { batchInvariant: true } });
  expect(text).toMatch(/not the reward models judge/);
});
