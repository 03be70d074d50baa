import * as fc from 'fast-check';
import { describe, expect, it } from 'vitest';

import { chaoticLogits } from '../../../test/support/fake-model/chaotic-logits.ts';
import { fakeLoader } from '../../../test/support/fake-model/fake-loader.ts';
import { fakeRecipe } from '../../../test/support/fake-model/fake-recipe.ts';
import { pieceVocabulary } from '../../../test/support/piece-vocabulary.ts';
import { runs } from '../../../test/support/runs.ts';
import type { Mixture, TokenId } from '../../spec/index.ts';
import { LoadedRecipe } from '../loaded-recipe.ts';

const vocabulary = pieceVocabulary(Array.from('abcdefgh', (letter) => Buffer.from(letter)));
const plain = chaoticLogits(vocabulary);

/** A skill's part of the logits: what is computed under another mixture gives other tokens. */
const skilled = (tokens: readonly TokenId[], mixture: Mixture) =>
  mixture.reduce(
    (sum, weight, i) => {
      const own = chaoticLogits(vocabulary, { salt: i + 1 })(tokens);
      return sum.map((logit, id) => logit + weight * own[id]!);
    },
    plain(tokens).map((logit) => logit),
  );

async function load(maxSequences = 4, more: Parameters<typeof fakeRecipe>[0] = {}) {
  const { loader, loaded } = fakeLoader({ base: { vocabulary, logits: skilled } });
  const recipe = fakeRecipe({
    models: { base: { file: 'base.gguf', prompt: 'raw' } },
    formula: 'base',
    params: {},
    skills: { maths: 'maths.gguf', code: { file: 'code.gguf', max: 1 } },
    sampling: { temperature: 0 },
    engine: { contextLength: 256, maxSequences },
    ...more,
  });
  const trimtab = await LoadedRecipe.load(recipe, { loader });
  return {
    trimtab,
    fake: () => loaded('base'),
    [Symbol.asyncDispose]: () => trimtab[Symbol.asyncDispose](),
  };
}

const ids = ({ tokens }: { tokens: readonly { readonly tokenId: TokenId }[] }) =>
  tokens.map(({ tokenId }) => tokenId);

const asked = fc.record({
  prompt: fc.array(fc.integer({ min: 0, max: 2 }), { minLength: 1, maxLength: 6 }),
  maths: fc.constantFrom(0, 0.5, 1),
  code: fc.constantFrom(0, 1),
});

describe('skills of requests', () => {
  it('give each request its own answer, whoever else is answered with what', async () => {
    await fc.assert(
      fc.asyncProperty(
        fc.array(asked, { minLength: 2, maxLength: 8 }),
        fc.integer({ min: 1, max: 4 }),
        async (requests, lanes) => {
          await using crowd = await load(lanes);
          const ask = (trimtab: LoadedRecipe, { prompt, ...params }: (typeof requests)[number]) =>
            trimtab.generate({ tokens: prompt }, { params, maxTokens: 12 });
          // The second time, the cache holds what others left.
          for (let time = 0; time < 2; time++) {
            const together = await Promise.all(requests.map((each) => ask(crowd.trimtab, each)));
            for (const [i, each] of requests.entries()) {
              await using alone = await load(1);
              expect(ids(together[i]!)).toEqual(ids(await ask(alone.trimtab, each)));
            }
          }
        },
      ),
      { numRuns: runs(40) },
    );
  });

  it('are the model alone at 0, and where it is asked alone', async () => {
    await using skills = await load();
    await using without = await load(4, { skills: {} });
    const prompt = { tokens: [1, 2, 3] };
    const expected = ids(await without.trimtab.generate(prompt, { maxTokens: 20 }));
    const zero = await skills.trimtab.generate(prompt, { maxTokens: 20 });
    const params = { maths: 1 };
    const only = await skills.trimtab.generate(prompt, { maxTokens: 20, params, only: 'base' });
    const skilledAnswer = await skills.trimtab.generate(prompt, { maxTokens: 20, params });
    expect(ids(zero)).toEqual(expected);
    expect(ids(only)).toEqual(expected);
    expect(ids(skilledAnswer)).not.toEqual(expected);
  });

  it('find prompts in the cache under the same mixture alone', async () => {
    await using engine = await load(4);
    const tokens = Array.from({ length: 50 }, (_, i) => i % 8);
    const cached = async (params: Record<string, number>) => {
      const { usage } = await engine.trimtab.generate({ tokens }, { params, maxTokens: 1 });
      return usage.models['base']!.cachedTokens;
    };
    expect(await cached({ maths: 1 })).toBe(0);
    expect(await cached({ maths: 0.5 })).toBe(0);
    expect(await cached({})).toBe(0);
    expect(await cached({ maths: 1, code: 0 })).toBe(49);
    expect(await cached({ maths: 0.5 })).toBe(49);
    expect(await cached({ maths: 0 })).toBe(49);
  });

  it('take a pass for each mixture, and one for those that share theirs', async () => {
    await using engine = await load(4);
    const params = [{ maths: 1 }, {}, { maths: 1 }, { code: 1 }];
    await Promise.all(
      params.map((own, i) =>
        engine.trimtab.generate({ tokens: [i, i] }, { params: own, maxTokens: 3 }),
      ),
    );
    const sizes = engine.fake().passes.map(({ parts }) => parts.length);
    expect(sizes.toSorted((a, b) => a - b)).toEqual([1, 1, 1, 1, 1, 1, 2, 2, 2]);
  });

  it('score given text with the mixture that is asked', async () => {
    await using engine = await load();
    const score = async (params: Record<string, number>) =>
      (await engine.trimtab.score({ tokens: [1, 2] }, [3, 4, 5], { params })).logprob;
    const [none, maths] = [await score({}), await score({ maths: 1 })];
    expect(none).not.toBe(maths);
    expect(await score({ maths: 0 })).toBe(none);
  });

  it('are refused beyond their range', async () => {
    await using engine = await load();
    const generate = (params: Record<string, number>) =>
      engine.trimtab.generate({ tokens: [1] }, { params, maxTokens: 1 });
    await expect(generate({ code: 1.5 })).rejects.toThrow(
      'params.code must be a number from 0 to 1, not 1.5.',
    );
    await expect(generate({ cody: 1 })).rejects.toThrow('Did you mean `code`?');
  });

  it('of one of two models that share a context leave the other alone', async () => {
    const models = {
      base: { file: 'base.gguf', prompt: 'raw' },
      twin: { file: 'base.gguf', prompt: 'raw' },
    } as const;
    await using both = await load(2, { models, formula: 'base + 1 * (twin - twin) + 0.5 * twin' });
    const { usage } = await both.trimtab.generate(
      { tokens: [1, 2] },
      { params: { maths: 1 }, maxTokens: 4 },
    );
    expect(both.fake().contexts.size).toBe(1);
    expect(both.fake().passes.every(({ parts }) => parts.length === 1)).toBe(true);
    expect(usage.models['base']!.forwards).toBe(usage.models['twin']!.forwards);
  });
});
