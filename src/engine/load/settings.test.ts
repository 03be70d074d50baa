import { describe, expect, it } from 'vitest';

import { microBatchSize } from '../../llama/index.ts';
import { resolveRecipe, type RecipeDocument } from '../../recipe/index.ts';
import { availableCores } from './cores.ts';
import {
  candidateContextOptions,
  contextOptions,
  defaultThreads,
  describeComputing,
  resolveContextLength,
} from './settings.ts';

const recipeOf = (given: Partial<RecipeDocument> = {}) =>
  resolveRecipe(
    { models: { a: 'a.gguf', b: 'a.gguf', judge: 'judge.gguf' }, base: 'a', ...given },
    { directory: '/' },
  );
const small = { name: 'a.gguf', weightBytes: 2 ** 20 };

function optionsOf(engine: RecipeDocument['engine'] = {}, models = ['a']) {
  const recipe = recipeOf({ engine });
  const declarations = models.map((name) => recipe.models.get(name)!);
  return contextOptions(recipe, declarations, small, 1000);
}

describe('a context', () => {
  it('has room for every answer of every model that shares it, and rows for a window', () => {
    expect(optionsOf()).toMatchObject({
      contextLength: 1000,
      maxSequences: 4,
      batchSize: 512,
      maxRows: 4 + 4 * 8, // a draft's beside each
      flashAttention: false,
      kvType: 'f16',
      batchInvariant: false,
    });
    expect(optionsOf({ maxSequences: 3 }, ['a', 'b'])).toMatchObject({
      maxSequences: 6,
      maxRows: 6 + 6 * 10,
    });
  });

  it('is as the recipe says', () => {
    const engine = { kvType: 'q8_0', flashAttention: true, batchSize: 64, threads: 3 } as const;
    expect(optionsOf(engine)).toMatchObject(engine);
  });

  it('that is invariant decodes no more than one micro-batch', () => {
    const big = { batchInvariant: true, batchSize: 2 * microBatchSize };
    expect(optionsOf(big)).toMatchObject({ batchSize: microBatchSize, batchInvariant: true });
    expect(optionsOf({ ...big, batchSize: 8 })).toMatchObject({ batchSize: 8 });
    expect(optionsOf({ batchSize: 2 * microBatchSize }).batchSize).toBe(2 * microBatchSize);
  });

  it('takes a token of every answer in one batch, or is refused', () => {
    expect(optionsOf({ batchSize: 8, maxSequences: 8 }).maxSequences).toBe(8);
    expect(() => optionsOf({ batchSize: 8, maxSequences: 9 })).toThrow(
      'engine.batchSize is 8, but 9 sequences of a.gguf decode together: raise it to 9',
    );
    expect(() => optionsOf({ batchSize: 8, maxSequences: 5 }, ['a', 'b'])).toThrow(
      'raise it to 10',
    );
  });

  it('holds as much as every model was trained on, up to a default, or what the recipe says', () => {
    expect(resolveContextLength(recipeOf(), [8000, 2048, 9000])).toBe(2048);
    expect(resolveContextLength(recipeOf(), [8000, 9000])).toBe(4096);
    expect(resolveContextLength(recipeOf({ engine: { contextLength: 8000 } }), [9000])).toBe(8000);
  });
});

describe('the context of a scalar reward model', () => {
  const of = (given: Partial<RecipeDocument> = {}) => {
    const recipe = recipeOf(given);
    return candidateContextOptions(recipe, recipe.models.get('judge')!, small, 100);
  };

  it('has a place for every candidate of every answer', () => {
    const engine = { maxSequences: 3 };
    expect(of({ engine, guidance: { method: 'args', candidates: 7 } })).toMatchObject({
      maxSequences: 3 * 8,
      unifiedCache: true,
      hiddenStates: true,
      unifiedCells: 3 * (100 + 256),
      batchSize: 128,
      maxRows: 128,
    });
    expect(of({ engine, guidance: { method: 'best-of', n: 9 } }).maxSequences).toBe(3 * 2);
  });

  it('has no more than llama.cpp can hold, and one more than there are answers', () => {
    const guidance = { method: 'args', candidates: 100 } as const;
    expect(of({ engine: { maxSequences: 8 }, guidance }).maxSequences).toBe(256);
    expect(of({ engine: { maxSequences: 256 }, guidance }).maxSequences).toBe(257);
  });
});

it('one thread is enough for small weights', () => {
  expect(defaultThreads({ weightBytes: 16 * 2 ** 20 - 1 })).toBe(1);
  const most = Math.min(availableCores(), 16);
  expect(defaultThreads({ weightBytes: 16 * 2 ** 20 })).toBe(most);
  expect(optionsOf().threads).toBe(1);
});

it('what computes a model is told with all that its bits depend on', () => {
  expect(describeComputing(recipeOf(), { kernels: 'avx2' })).toBe('avx2, f16 cache');
  const engine = { kvType: 'f32', flashAttention: true, batchInvariant: true } as const;
  expect(describeComputing(recipeOf({ engine }), {})).toBe(
    'a given loader, f32 cache, flash attention, batch-invariant',
  );
});
