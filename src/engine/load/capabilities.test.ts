import { describe, expect, it } from 'vitest';

import { fakeLoader } from '../../../test/support/fake-model/fake-loader.ts';
import type { FakeModelOptions } from '../../../test/support/fake-model/fake-model-options.ts';
import { fakeRecipe } from '../../../test/support/fake-model/fake-recipe.ts';
import type { RecipeDocument } from '../../recipe/index.ts';
import { ContractError, ModelLoadError, type TokenId } from '../../spec/index.ts';
import { LoadedRecipe } from '../loaded-recipe.ts';
import { denseRow } from './capabilities.ts';

/** Greedily the letter after the last one. */
const logits = (tokens: readonly TokenId[]): number[] =>
  Array.from({ length: 258 }, (_, tokenId) => (tokenId === tokens.at(-1)! + 1 ? 1 : 0));

async function load(
  capabilities: FakeModelOptions['capabilities'],
  given: Partial<RecipeDocument> = {},
) {
  const fake = { logits, ...(capabilities && { capabilities }) };
  const { loader, loaded } = fakeLoader({ base: fake, expert: fake, judge: {} });
  return { trimtab: await LoadedRecipe.load(fakeRecipe(given), { loader }), loaded };
}

describe('a model that', () => {
  it('gives sparse rows is refused where it is not the base, when it is loaded, not when it has become NaN', async () => {
    const loading = load({ rows: 'sparse' });
    await expect(loading).rejects.toThrow(ModelLoadError);
    await expect(loading).rejects.toThrow(/^expert\.gguf .*sparse rows.*whole vocabulary/);
  });

  it('gives one row per call answers all the same, one lane after the other', async () => {
    const { trimtab, loaded } = await load({ rowsPerCall: 1 });
    await using _ = trimtab;
    const answers = await Promise.all(
      ['a', 'm'].map((prompt) => trimtab.generate(prompt, { maxTokens: 3 })),
    );
    expect(answers.map(({ text }) => text)).toEqual(['bcd', 'nop']);
    const { passes } = loaded('base');
    expect(passes.length).toBeGreaterThan(3);
    expect(Math.max(...passes.map(({ rows }) => rows))).toBe(1);
    const scored = await trimtab.score('a', 'bcd');
    expect(scored.isGreedy).toBe(true);
  });

  it('cannot fork computes what others have in their lanes', async () => {
    const { trimtab, loaded } = await load({ forks: false }, { engine: { contextLength: 256 } });
    await using _ = trimtab;
    const prompt = 'x'.repeat(100);
    const texts = await Promise.all(
      [1, 2].map(async () => (await trimtab.generate(prompt, { maxTokens: 2 })).text),
    );
    expect(texts).toEqual(['yz', 'yz']);
    expect(loaded('base').computedTokens).toBe(2 * (100 + 1));
    // What one lane holds, the next prompt goes on from.
    const { usage } = await trimtab.generate(`${prompt}yA`, { maxTokens: 1 });
    expect(usage.models['base']!.cachedTokens).toBe(101);
  });

  it('cannot truncate starts again where a prompt parts from what it holds', async () => {
    const { trimtab } = await load({ truncates: false }, { engine: { contextLength: 256 } });
    await using _ = trimtab;
    const cached = async (prompt: string) =>
      (await trimtab.generate(prompt, { maxTokens: 1 })).usage.models['base']!.cachedTokens;
    expect(await cached('abcdef')).toBe(0);
    expect(await cached('abcdefgh')).toBe(6);
    expect(await cached('abcX')).toBe(0);
  });

  it.each([
    ['cannot fork a sequence', { forks: false }],
    ['gives no hidden states', { hiddenStates: false }],
  ])('%s is no scalar reward model', async (what, capabilities) => {
    const { loader } = fakeLoader({ base: {}, expert: {}, judge: { capabilities } });
    const recipe = fakeRecipe({
      models: {
        base: { file: 'base.gguf', prompt: 'raw' },
        expert: { file: 'expert.gguf', prompt: 'raw' },
        judge: { file: 'judge.gguf', prompt: 'raw' },
      },
      rewards: { good: { model: 'judge', weight: 1 } },
    });
    await expect(LoadedRecipe.load(recipe, { loader })).rejects.toThrow(
      `judge.gguf cannot be a scalar reward model: it ${what}`,
    );
  });

  it('cannot give the same bits says so where they are asked for, and only there', async () => {
    const plain = await load({ exact: false });
    await using _ = plain.trimtab;
    expect(plain.trimtab.warnings).toEqual([]);
    const asked = await load({ exact: false }, { engine: { batchInvariant: true } });
    await using trimtab = asked.trimtab;
    expect(trimtab.warnings).toEqual([
      expect.stringMatching(/^engine\.batchInvariant does not hold for base\.gguf/),
      expect.stringMatching(/^engine\.batchInvariant does not hold for expert\.gguf/),
    ]);
  });
});

it('takes a sparse row of a model that says it gives dense ones for a broken contract', () => {
  const row = {
    tokenIds: Int32Array.of(1),
    logprobs: Float32Array.of(-0.1),
    restMass: 0.1,
    restLogprob: Math.log(0.1),
  };
  expect(() => denseRow(row, 'liar.gguf')).toThrow(ContractError);
  expect(denseRow(Float32Array.of(1), 'honest.gguf')).toEqual(Float32Array.of(1));
});
