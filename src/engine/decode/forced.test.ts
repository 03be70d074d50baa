import * as fc from 'fast-check';
import { afterAll, beforeAll, describe, expect, it } from 'vitest';

import { compiledHere } from '../../../test/support/compiled-here.ts';
import { chaoticLogits } from '../../../test/support/fake-model/chaotic-logits.ts';
import { fakeLoader } from '../../../test/support/fake-model/fake-loader.ts';
import { fakeRecipe } from '../../../test/support/fake-model/fake-recipe.ts';
import { pieceVocabulary } from '../../../test/support/piece-vocabulary.ts';
import type { GenerateOptions } from '../../spec/index.ts';
import { LoadedRecipe } from '../loaded-recipe.ts';

const letters = Array.from('abcdefgh');
const pieces = [...letters, 'ab', 'cde', 'gh'].map((piece) => Buffer.from(piece));
const vocabulary = pieceVocabulary(pieces);

let trimtab: LoadedRecipe;
beforeAll(async () => {
  const fake = (salt: number) => ({ vocabulary, logits: chaoticLogits(vocabulary, { salt }) });
  const { loader } = fakeLoader({ base: fake(1), expert: fake(2), caller: fake(3) });
  const recipe = fakeRecipe({
    models: {
      base: { file: 'base.gguf', prompt: 'raw' },
      expert: { file: 'expert.gguf', prompt: 'raw' },
      caller: { file: 'caller.gguf', prompt: 'raw' },
    },
    sampling: { temperature: 1 },
    rewards: {
      words: { patterns: { a: 1, gh: 2 }, weight: 0 },
      caller: { nextToken: 'caller', weight: 0 },
    },
    engine: { contextLength: 128 },
  });
  trimtab = await LoadedRecipe.load(recipe, { loader });
});
afterAll(() => trimtab[Symbol.asyncDispose]());

const word = fc.array(fc.constantFrom(...letters), { minLength: 1, maxLength: 6 });
const literal = word.map((parts) => parts.join(''));
const part = fc.oneof(
  { weight: 3, arbitrary: literal },
  fc.array(literal, { minLength: 2, maxLength: 3 }).map((words) => `(${words.join('|')})`),
  literal.map((text) => `[${text}z]`),
);
const regex = fc.array(part, { minLength: 1, maxLength: 6 }).map((parts) => parts.join(''));

const ways: fc.Arbitrary<GenerateOptions> = fc.constantFrom<GenerateOptions>(
  {},
  { temperature: 0 },
  { klBudget: { perAnswer: 0.5 } },
  { presencePenalty: 1, repetitionPenalty: 1.3 },
  { rewards: { words: 1 } },
  {
    rewards: { words: 1 },
    guidance: { method: 'segments', entropy: 99, threshold: 2, beta: 1, maxTokens: 3, maxTries: 3 },
  },
);

describe('what a constraint forces', () => {
  it('is the same taken at once or one by one, and costs fewer passes at once', async () => {
    await fc.assert(
      fc.asyncProperty(regex, ways, fc.nat(1000), async (source, way, seed) => {
        const constraint = compiledHere({ regex: source }, vocabulary);
        const ask = (more: GenerateOptions) =>
          trimtab.generate('h', { maxTokens: 60, seed, constraint, ...way, ...more });
        const atOnce = await ask({});
        expect(atOnce.text).toMatch(new RegExp(`^${source}$`));
        const ids = atOnce.tokens.map(({ tokenId }) => tokenId);
        for (const more of [
          { logprobs: true },
          { trace: true },
          { topLogprobs: 2 },
          { reportRewards: ['caller'] }, // reads the row of every position
        ]) {
          const oneByOne = await ask(more);
          expect(oneByOne.tokens.map(({ tokenId }) => tokenId)).toEqual(ids);
          expect(oneByOne).toMatchObject({ text: atOnce.text, finishReason: atOnce.finishReason });
          expect(oneByOne.kl ?? 0).toBeCloseTo(atOnce.kl ?? 0, 5);
          const { forwards } = oneByOne.usage.models['base']!;
          expect(forwards).toBeGreaterThanOrEqual(atOnce.usage.models['base']!.forwards);
        }
      }),
      { numRuns: 30 },
    );
  });

  it('is one pass where nothing is left to choose, and its rows belong to what follows', async () => {
    const constraint = compiledHere({ regex: '[ab]cdefgfed[ab]' }, vocabulary);
    const answer = await trimtab.generate('h', { constraint, maxTokens: 20, seed: 1 });
    const slow = await trimtab.generate('h', {
      constraint,
      maxTokens: 20,
      seed: 1,
      logprobs: true,
    });
    expect(answer.tokens.length).toBe(slow.tokens.length);
    expect(answer.usage.models['base']!.forwards).toBeLessThan(6);
    // Whoever wants their rows may get them one by one, or several at a time.
    expect(slow.usage.models['base']!.forwards).toBeLessThanOrEqual(slow.tokens.length);
    expect(answer.text).toBe(slow.text);
  });

  it('has the log-probs of its own positions', async () => {
    await fc.assert(
      fc.asyncProperty(regex, fc.nat(1000), async (source, seed) => {
        const constraint = compiledHere({ regex: source }, vocabulary);
        const asked = { maxTokens: 60, seed, constraint };
        const { tokens } = await trimtab.generate('h', { ...asked, logprobs: true });
        const ids = tokens.map(({ tokenId }) => tokenId);
        const scored = await trimtab.score('h', ids);
        for (const [i, { logprob }] of tokens.entries()) {
          expect(logprob).toBeCloseTo(scored.tokens[i]!.logprob, 4);
        }
      }),
      { numRuns: 30 },
    );
  });

  it('is judged by no reward, though it was a candidate just before', async () => {
    const constraint = compiledHere({ regex: '[de]edf' }, vocabulary);
    const { tokens } = await trimtab.generate('h', {
      constraint,
      rewards: { words: 1 },
      trace: true,
      seed: 1,
    });
    const judged = tokens.map(({ trace }) => trace!.rewards.map(({ name }) => name));
    expect(judged).toEqual([['words'], [], [], []]);
  });

  it('ends the answer where only the end may follow, whatever the model would say', async () => {
    const constraint = compiledHere({ choice: ['abc'] }, vocabulary);
    const { text, finishReason, tokens } = await trimtab.generate('h', { constraint });
    expect({ text, finishReason }).toEqual({ text: 'abc', finishReason: 'stop' });
    expect(tokens.map((each) => each.text).join('')).toBe('abc');
  });
});
