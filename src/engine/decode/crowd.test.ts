import * as fc from 'fast-check';
import { afterAll, beforeAll, describe, expect, it } from 'vitest';

import { runs } from '../../../test/support/runs.ts';
import { compiledHere } from '../../../test/support/compiled-here.ts';
import { chaoticLogits } from '../../../test/support/fake-model/chaotic-logits.ts';
import { fakeLoader } from '../../../test/support/fake-model/fake-loader.ts';
import { fakeRecipe } from '../../../test/support/fake-model/fake-recipe.ts';
import { pieceVocabulary } from '../../../test/support/piece-vocabulary.ts';
import { withoutDrafters } from '../../../test/support/without-drafters.ts';
import type { EngineSettings } from '../../recipe/index.ts';
import type { GenerateOptions, GenerationResult, TokenId } from '../../spec/index.ts';
import { LoadedRecipe, type GenerationStream } from '../loaded-recipe.ts';

const letters = 'abcdefgh';
const vocabulary = pieceVocabulary(Array.from(letters, (letter) => Buffer.from(letter)));
const constraint = compiledHere({ regex: '([a-d]+fgh){1,9}' }, vocabulary);

function load(engine: EngineSettings, truncates = true): Promise<LoadedRecipe> {
  const fake = (salt: number) => ({
    vocabulary,
    capabilities: { truncates },
    logits: chaoticLogits(vocabulary, { salt, endBias: -2 }),
  });
  const recipe = fakeRecipe({
    models: {
      base: { file: 'base.gguf', prompt: 'raw' },
      expert: { file: 'expert.gguf', prompt: 'raw', system: 'h' },
    },
    formula: 'base + alpha * (expert - base)',
    params: { alpha: { default: 0.5, min: 0, max: 2 } },
    sampling: {},
    rewards: { words: { words: { ab: 2, c: -1 }, weight: 0 } },
    engine: { contextLength: 96, ...engine },
    speculation: 'auto',
  });
  return LoadedRecipe.load(recipe, {
    loader: fakeLoader({ base: fake(1), expert: fake(2) }).loader,
  });
}

interface Asked {
  readonly prompt: readonly TokenId[];
  readonly options: GenerateOptions;
  /** Turns of the event loop after which it comes. */
  readonly delay: number;
  readonly continuation: readonly TokenId[];
  readonly how: 'generate' | 'stream' | 'score';
}

const token = fc.integer({ min: 0, max: letters.length - 1 });

/** Prompts of which many begin alike. */
const prompt = fc
  .tuple(fc.integer({ min: 0, max: 40 }), fc.array(token, { minLength: 1, maxLength: 12 }))
  .map(([shared, rest]) => [...Array.from({ length: shared }, (_, i) => i % 5), ...rest]);

const options: fc.Arbitrary<GenerateOptions> = fc.record(
  {
    seed: fc.integer({ min: 0, max: 1000 }),
    temperature: fc.constantFrom(0, 0.8, 1.5),
    maxTokens: fc.integer({ min: 4, max: 30 }),
    minTokens: fc.constantFrom(0, 1),
    topK: fc.constantFrom(0, 3),
    repetitionPenalty: fc.constantFrom(1, 1.3),
    presencePenalty: fc.constantFrom(0, 0.5),
    params: fc.record({ alpha: fc.constantFrom(0, 0.5, 1, 2) }),
    rewards: fc.constantFrom({}, { words: 1 }),
    klBudget: fc.constantFrom(null, { perToken: 0.2 }, { perAnswer: 1 }),
    constraint: fc.constantFrom(null, constraint),
    stop: fc.constantFrom('gg', ['ab', 'hf']),
    topLogprobs: fc.constantFrom(0, 3),
    trace: fc.boolean(),
    speculation: fc.constantFrom(
      'auto',
      'off',
      'copies',
      'copies:length=3',
      'base:length=4',
      'expert:length=2',
      'expert:length=15',
    ),
    owner: fc.constantFrom('x', 'y'),
    request: fc.constantFrom('one', 'two'),
  },
  { requiredKeys: ['seed', 'temperature', 'maxTokens'] },
);

const asked: fc.Arbitrary<Asked> = fc.record({
  prompt,
  options,
  delay: fc.integer({ min: 0, max: 40 }),
  continuation: fc.array(token, { minLength: 1, maxLength: 40 }),
  how: fc.constantFrom('generate', 'generate', 'stream', 'score'),
});

/** What an answer says; what it cost depends on who else was there. */
function essence({ usage, ...rest }: GenerationResult) {
  const { promptTokens, completionTokens } = usage;
  // That nobody could draft is said where somebody was asked to, and who did.
  const tokens = withoutDrafters(rest.tokens);
  return {
    ...rest,
    tokens,
    warnings: [],
    usage: { promptTokens, completionTokens },
    timings: null,
  };
}

async function readAll(stream: GenerationStream): Promise<GenerationResult> {
  let text = '';
  const tokens = [];
  for await (const chunk of stream) {
    text += chunk.text;
    tokens.push(...chunk.tokens);
  }
  return { ...(await stream.result), text, tokens };
}

async function ask(trimtab: LoadedRecipe, { prompt: tokens, options: own, ...rest }: Asked) {
  const { params, topLogprobs, owner, request } = own;
  if (rest.how === 'score') {
    const given = { params, topLogprobs, owner, request };
    const known = Object.entries(given).filter(([, value]) => value !== undefined);
    return trimtab.score({ tokens }, rest.continuation, Object.fromEntries(known));
  }
  if (rest.how === 'stream') return essence(await readAll(trimtab.stream({ tokens }, own)));
  return essence(await trimtab.generate({ tokens }, own));
}

async function turns(count: number): Promise<void> {
  for (let i = 0; i < count; i++) await new Promise((resolve) => setImmediate(resolve));
}

describe('in any crowd', () => {
  let quiet: LoadedRecipe;
  let owners = 0;
  beforeAll(async () => {
    quiet = await load({ maxSequences: 1 });
  });
  afterAll(() => quiet[Symbol.asyncDispose]());

  /** Generated whole, by nobody who was there before. */
  const alone = (one: Asked) =>
    ask(quiet, {
      ...one,
      how: one.how === 'score' ? 'score' : 'generate',
      options: { ...one.options, owner: `nobody ${owners++}`, speculation: 'off' },
    });

  it.each([
    ['that can drop a tail', true],
    ['that cannot', false],
  ])('each gets what it gets alone, of models %s', async (_, truncates) => {
    await fc.assert(
      fc.asyncProperty(
        fc.array(asked, { minLength: 1, maxLength: 8 }),
        fc.record({
          maxSequences: fc.integer({ min: 1, max: 4 }),
          batchSize: fc.constantFrom(4, 5, 16, 512),
        }),
        async (crowd, engine) => {
          await using busy = await load(engine, truncates);
          const answers = crowd.map(async (one) => {
            await turns(one.delay);
            return ask(busy, one);
          });
          const given = await Promise.all(answers);
          for (const [i, one] of crowd.entries()) expect(given[i]).toEqual(await alone(one));
          expect(busy.stats).toMatchObject({ running: 0, queued: 0 });
          // Once more, with whatever the cache holds now.
          for (const [i, one] of crowd.entries()) expect(await ask(busy, one)).toEqual(given[i]);
        },
      ),
      { numRuns: runs(8) },
    );
  });
});
