import { afterEach, describe, expect, it, vi } from 'vitest';

import { compiledHere } from '../../../test/support/compiled-here.ts';
import { enumeratePaths, type Pick } from '../../../test/support/enumerate-paths.ts';
import { chaoticLogits } from '../../../test/support/fake-model/chaotic-logits.ts';
import { fakeLoader } from '../../../test/support/fake-model/fake-loader.ts';
import { fakeRecipe } from '../../../test/support/fake-model/fake-recipe.ts';
import { pieceVocabulary } from '../../../test/support/piece-vocabulary.ts';
import type { RowKernels } from '../../math/index.ts';
import type { RecipeDocument } from '../../recipe/index.ts';
import type { GenerateOptions, TokenId } from '../../spec/index.ts';
import { LoadedRecipe } from '../loaded-recipe.ts';

const hook = vi.hoisted(() => ({ pick: undefined as Pick | undefined }));

// The engine's own draws, with every number they depend on replaced by a choice among all outcomes, each with its
// probability: what the sampler gives for a row is asked of the real one.
vi.mock(import('../../sampling/index.ts'), async (importOriginal) => {
  const sampling = await importOriginal();
  const { keepProbability, recoveredProbabilities } = sampling;
  return {
    ...sampling,
    createSampler(options) {
      const sampler = sampling.createSampler(options);
      const pickFrom = ({ tokenIds, probabilities }: ReturnType<typeof sampler.probabilities>) =>
        tokenIds[hook.pick!([...probabilities])]!;
      const choose = (kernels: RowKernels, row: number): TokenId =>
        pickFrom(sampler.probabilities(kernels, row));
      return {
        get length() {
          return sampler.length;
        },
        adjust: (kernels, row) => sampler.adjust(kernels, row),
        probabilities: (kernels, row) => sampler.probabilities(kernels, row),
        accept: (tokenId) => sampler.accept(tokenId),
        truncate: (length) => sampler.truncate(length),
        choose,
        chooseBounded: () => {
          throw new Error('no row of these models is sparse');
        },
        noise: () => null, // what is picked depends on all of a row
        draft(kernels, row) {
          const probabilities = sampler.probabilities(kernels, row);
          return { tokenId: pickFrom(probabilities), probabilities };
        },
        couple(kernels, row, drafted) {
          const target = sampler.probabilities(kernels, row);
          const kept = keepProbability(target, drafted);
          if (hook.pick!([kept, 1 - kept]) === 0) return drafted.tokenId;
          return pickFrom(recoveredProbabilities(target, drafted));
        },
      };
    },
  };
});

afterEach(() => {
  hook.pick = undefined;
});

const vocabulary = pieceVocabulary(Array.from('abc', (letter) => Buffer.from(letter)));

const formulas: Readonly<Record<string, string>> = {
  one: 'base',
  two: '0.4 * base + 0.6 * expert',
  three: 'base + alpha * (expert - twin)',
  four: 'base + alpha * (expert - twin) + 0.3 * small',
};

async function load(formula: string): Promise<LoadedRecipe> {
  const fake = (salt: number) => ({ vocabulary, logits: chaoticLogits(vocabulary, { salt }) });
  const { loader } = fakeLoader({ base: fake(1), expert: fake(2), twin: fake(3), small: fake(4) });
  const file = (name: string) => ({ file: `${name}.gguf`, prompt: 'raw' as const });
  const document: Partial<RecipeDocument> = {
    models: {
      base: file('base'),
      expert: file('expert'),
      twin: file('twin'),
      small: file('small'),
    },
    expert: 'expert',
    formula,
    params: formula.includes('alpha') ? { alpha: { default: 0.8, min: 0, max: 2 } } : {},
    sampling: { temperature: 1 },
    rewards: { words: { words: { ab: 2, c: -1 }, weight: 0 } },
    engine: { contextLength: 64 },
    speculation: 'auto',
  };
  return LoadedRecipe.load(fakeRecipe(document), { loader });
}

const distributionOf = (trimtab: LoadedRecipe, options: GenerateOptions) =>
  enumeratePaths(async (pick) => {
    hook.pick = pick;
    const { text } = await trimtab.generate('ab', { seed: 1, ...options });
    return text;
  });

function distance(a: ReadonlyMap<string, number>, b: ReadonlyMap<string, number>): number {
  const texts = new Set([...a.keys(), ...b.keys()]);
  return [...texts].reduce(
    (sum, text) => sum + Math.abs((a.get(text) ?? 0) - (b.get(text) ?? 0)) / 2,
    0,
  );
}

const ways: Readonly<Record<string, GenerateOptions>> = {
  plain: {},
  greedy: { temperature: 0 },
  'temperature and top-p': { temperature: 0.6, topP: 0.9 },
  'top-k': { topK: 2 },
  'min-p': { temperature: 1.4, minP: 0.2 },
  penalties: { repetitionPenalty: 1.5, frequencyPenalty: 0.7, presencePenalty: 0.3 },
  'a mask': { constraint: compiledHere({ regex: '(ab|c|bca)+' }, vocabulary) },
  'rewards on candidates': { rewards: { words: 1.5 }, guidance: { method: 'args', candidates: 2 } },
  'a budget that shrinks along the path': { klBudget: { perAnswer: 0.05 } },
  'a budget, rewards and penalties': {
    klBudget: { perAnswer: 0.3, perToken: 0.2 },
    rewards: { words: 1 },
    repetitionPenalty: 1.2,
  },
};

/** Of a formula that is the base alone where alpha is 0. */
const scheduled: Readonly<Record<string, GenerateOptions>> = {
  'alpha that matches the divergence of the pair': { schedules: { alpha: { match: 'kl' } } },
  'alpha at junctions alone': { schedules: { alpha: { junctions: 0.9 } } },
  'alpha by both, a budget, top-p and penalties': {
    schedules: { alpha: { match: 'kl', junctions: 0.8 } },
    klBudget: { perAnswer: 0.2 },
    topP: 0.9,
    presencePenalty: 0.4,
  },
};

describe.each(Object.keys(formulas))('the maximal coupling over %s', (terms) => {
  const asking = terms === 'three' ? { ...ways, ...scheduled } : ways;
  it.each(Object.keys(asking))(
    'has the distribution of the answers without it, with %s',
    async (way) => {
      await using trimtab = await load(formulas[terms]!);
      const asked = { maxTokens: 3, ...asking[way] };
      const direct = await distributionOf(trimtab, { ...asked, speculation: 'off' });
      expect([...direct.values()].reduce((sum, mass) => sum + mass, 0)).toBeCloseTo(1, 12);
      for (const drafter of ['base', 'expert', 'small', 'copies']) {
        for (const length of [1, 2, 4]) {
          const speculation = `${drafter}:length=${length},coupling=maximal`;
          const drafted = await distributionOf(trimtab, { ...asked, speculation });
          expect(distance(direct, drafted)).toBeLessThanOrEqual(1e-12);
        }
      }
    },
  );
});
