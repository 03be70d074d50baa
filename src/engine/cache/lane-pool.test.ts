import { describe, expect, it } from 'vitest';

import { fakeLoader } from '../../../test/support/fake-model/fake-loader.ts';
import { resolveRecipe } from '../../recipe/index.ts';
import type { TokenId } from '../../spec/index.ts';
import { LoadedRecipe } from '../loaded-recipe.ts';

const recipe = resolveRecipe(
  {
    models: { base: { file: 'base', prompt: 'raw' } },
    base: 'base',
    formula: 'base',
    sampling: { temperature: 0 },
    engine: { contextLength: 512, maxSequences: 2 },
  },
  { directory: '/nowhere' },
);

/** Greedily the letter z, always. */
const logits = () => Array.from({ length: 258 }, (_, tokenId) => (tokenId === 122 ? 1 : 0));

/** What each prompt finds in the cache and computes anew, one after the other. */
async function run(prompts: readonly (readonly TokenId[])[], maxTokens = 1) {
  const { loader, loaded } = fakeLoader({ base: { logits } });
  await using trimtab = await LoadedRecipe.load(recipe, { loader });
  const found: number[] = [];
  const computed: number[] = [];
  for (const tokens of prompts) {
    const before = loaded('base').computedTokens;
    const { usage } = await trimtab.generate({ tokens }, { maxTokens });
    found.push(usage.models['base']!.cachedTokens);
    computed.push(loaded('base').computedTokens - before);
  }
  return { found, computed };
}

const count = (length: number, first = 0): TokenId[] =>
  Array.from({ length }, (_, i) => (first + i) % 100);

describe('the prefix cache', () => {
  it('finds every shared token of a short prompt, whose tail it drops', async () => {
    const other = [...count(7), 99, 98, 97];
    expect(await run([count(10), other])).toEqual({ found: [0, 7], computed: [10, 3] });
  });

  it.each([31, 32, 33, 100])(
    'finds %d shared tokens, by a fork where both go on',
    async (shared) => {
      const long = [...count(shared), ...count(60, 50)];
      const other = [...count(shared), 99, 98];
      const again = [...long, 1];
      // A tail that is worth keeping is kept: a fork takes the second sequence.
      const kept = shared >= 32;
      expect(await run([long, other, again])).toEqual({
        found: [0, shared, kept ? long.length : shared],
        computed: [long.length, 2, kept ? 1 : 61],
      });
    },
  );

  it.each([
    [32, true, 32 + 1 + 1],
    [31, true, 31 + 31 + 2],
    [32, false, 32 + 32 + 2],
  ])(
    'of prompts that come at once shares %d tokens, where forks are possible (%s): %d computed',
    async (shared, forks, computed) => {
      const { loader, loaded } = fakeLoader({ base: { logits, capabilities: { forks } } });
      await using trimtab = await LoadedRecipe.load(recipe, { loader });
      const prompts = [7, 8].map((last) => [...count(shared), last]);
      await Promise.all(prompts.map((tokens) => trimtab.generate({ tokens }, { maxTokens: 1 })));
      expect(loaded('base').computedTokens).toBe(computed);
    },
  );

  it('takes a free place, and then the one that was used the longest time ago', async () => {
    const [a, b, c] = [count(10), count(10, 50), count(10, 70)];
    const again = (tokens: readonly TokenId[]) => [...tokens, 1];
    expect((await run([a, b, again(a), again(b)])).found).toEqual([0, 0, 10, 10]);
    expect((await run([a, b, c, again(b), again(c)])).found).toEqual([0, 0, 0, 10, 10]);
    // What was found is used again: the other one is dropped.
    expect((await run([a, b, again(a), c, again(c), again(a)])).found).toEqual([
      0, 0, 10, 0, 10, 10,
    ]);
  });

  it('computes the last token of a prompt that it knows whole, for its row', async () => {
    expect(await run([count(40), count(40), count(39)])).toEqual({
      found: [0, 39, 38],
      computed: [40, 1, 1],
    });
  });

  it('goes on from an answer, but for its last token, which was never computed', async () => {
    const answer = [122, 122, 122];
    expect(await run([count(5), [...count(5), ...answer, 7, 8]], 3)).toEqual({
      found: [0, 7],
      computed: [7, 3 + 2],
    });
  });
});
