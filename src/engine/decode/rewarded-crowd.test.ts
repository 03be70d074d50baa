import { mkdtemp, rm } from 'node:fs/promises';
import { tmpdir } from 'node:os';
import path from 'node:path';

import * as fc from 'fast-check';
import { afterAll, beforeAll, expect, it } from 'vitest';

import { chaoticLogits } from '../../../test/support/fake-model/chaotic-logits.ts';
import { fakeLoader } from '../../../test/support/fake-model/fake-loader.ts';
import type { FakeModelOptions } from '../../../test/support/fake-model/fake-model-options.ts';
import { fakeRecipe } from '../../../test/support/fake-model/fake-recipe.ts';
import { writeHeads } from '../../../test/support/fake-model/write-heads.ts';
import { pieceVocabulary } from '../../../test/support/piece-vocabulary.ts';
import type { EngineSettings, RecipeDocument } from '../../recipe/index.ts';
import type { GenerateOptions, Guidance } from '../../spec/index.ts';
import { LoadedRecipe } from '../loaded-recipe.ts';

const vocabulary = pieceVocabulary(Array.from('abcdefgh', (letter) => Buffer.from(letter)));

let folder: string;
beforeAll(async () => {
  folder = await mkdtemp(path.join(tmpdir(), 'trimtab-crowd-'));
  await writeHeads(path.join(folder, 'heads.json'), { warm: [1, -1, 0.5, 2], dry: [0, 1, 1, -1] });
});
afterAll(() => rm(folder, { recursive: true }));

async function load(engine: EngineSettings, guidance: Guidance) {
  const fake = (salt: number): FakeModelOptions => {
    const logits = chaoticLogits(vocabulary, { salt, endBias: -2 });
    return { vocabulary, logits, hiddenState: (tokens) => logits(tokens).slice(0, 4) };
  };
  const { loader, loaded } = fakeLoader({ base: fake(1), drift: fake(2), judge: fake(3) });
  const raw = (file: string, system?: string) =>
    ({ file, prompt: 'raw', ...(system !== undefined && { system }) }) as const;
  const scalar = { model: 'judge', headFile: path.join(folder, 'heads.json'), weight: 0 };
  const document: Partial<RecipeDocument> = {
    models: {
      base: raw('base.gguf'),
      high: raw('drift.gguf', 'aaaa'),
      low: raw('drift.gguf', 'bbbb'),
      judge: raw('judge.gguf', 'cc'),
    },
    formula: 'base',
    params: {},
    rewards: {
      drift: { attribute: 'high', neutral: 'low', weight: 0 },
      warm: { ...scalar, head: 'warm', scope: 'both' },
      dry: { ...scalar, head: 'dry', scope: 'both' },
      letters: { patterns: { a: 1, bc: 2 }, weight: 0 },
    },
    guidance,
    sampling: { temperature: 1 },
    engine: { contextLength: 96, ...engine },
  };
  const trimtab = await LoadedRecipe.load(fakeRecipe(document), { loader });
  return { trimtab, loaded, [Symbol.asyncDispose]: () => trimtab[Symbol.asyncDispose]() };
}

const weight = fc.constantFrom(0, 0.5, 1);
const guidance = fc.oneof(
  fc.record({ method: fc.constantFrom('args', 'rad'), candidates: fc.integer({ min: 1, max: 4 }) }),
  fc.record({
    method: fc.constant('segments'),
    entropy: fc.constantFrom(1.2, 99),
    threshold: fc.constantFrom(0, 3),
    beta: fc.constant(0.5),
    maxTokens: fc.integer({ min: 1, max: 4 }),
    maxTries: fc.integer({ min: 1, max: 4 }),
  }),
  fc.record({ method: fc.constant('best-of'), n: fc.integer({ min: 1, max: 4 }) }),
) as fc.Arbitrary<Guidance>;

const options: fc.Arbitrary<GenerateOptions> = fc.record({
  seed: fc.nat(1000),
  maxTokens: fc.integer({ min: 1, max: 12 }),
  rewards: fc.record({ drift: weight, warm: weight, dry: weight, letters: weight }),
  guidance,
  reportRewards: fc.subarray(['drift', 'warm', 'dry', 'letters']),
  klBudget: fc.constantFrom(null, { perToken: 0.3 }),
  request: fc.constantFrom('one', 'two'),
});

const asked = fc.record({
  prompt: fc.array(fc.nat(7), { minLength: 1, maxLength: 40 }),
  options,
  delay: fc.nat(20),
});

async function ask(
  { trimtab }: Awaited<ReturnType<typeof load>>,
  tokens: number[],
  own: GenerateOptions,
) {
  const { usage, timings, ...rest } = await trimtab.generate({ tokens }, own);
  return { ...rest, completion: usage.completionTokens, isTimed: timings.prefillMs >= 0 };
}

it(
  'rewards of every kind give each answer of a crowd what they give it alone',
  { tags: ['slow'] },
  async () => {
    await fc.assert(
      fc.asyncProperty(
        fc.array(asked, { minLength: 1, maxLength: 6 }),
        fc.record({
          maxSequences: fc.integer({ min: 1, max: 3 }),
          batchSize: fc.constantFrom(6, 16, 512),
        }),
        fc.constantFrom<Guidance>(
          { method: 'args', candidates: 1 },
          { method: 'args', candidates: 4 },
        ),
        async (crowd, settings, places) => {
          // The recipe's guidance says how many places there are for candidates, whatever is asked for.
          await using busy = await load(settings, places);
          await using quiet = await load({ maxSequences: 4 }, { method: 'args', candidates: 9 });
          const given = await Promise.all(
            crowd.map(async ({ prompt, options: own, delay }, i) => {
              for (let turn = 0; turn < delay; turn++)
                await new Promise((resolve) => setImmediate(resolve));
              return ask(busy, prompt, { ...own, owner: `${i % 2}` });
            }),
          );
          for (const [i, { prompt, options: own }] of crowd.entries()) {
            expect(given[i]).toEqual(await ask(quiet, prompt, { ...own, owner: `nobody ${i}` }));
          }
          for (const { trimtab, loaded } of [busy, quiet]) {
            expect(trimtab.stats).toMatchObject({ running: 0, queued: 0 });
            const [candidates] = loaded('judge').contexts;
            expect(candidates!.sequences.size).toBe(0);
          }
        },
      ),
      { numRuns: 12 },
    );
  },
);
