import { describe, expect, it } from 'vitest';

import { fakeLoader } from '../../test/support/fake-model/fake-loader.ts';
import type { FakeModelOptions } from '../../test/support/fake-model/fake-model-options.ts';
import { fakeRecipe } from '../../test/support/fake-model/fake-recipe.ts';
import { everyByte, pieceVocabulary } from '../../test/support/piece-vocabulary.ts';
import { InvalidOptionError, NativeCallError } from '../spec/index.ts';
import { LoadedRecipe } from './loaded-recipe.ts';

const pieces = ['a', 'b', 'c', 'd'];
const vocabulary = pieceVocabulary(pieces.map((piece) => Buffer.from(piece)));
const [a, b, c, d] = [0, 1, 2, 3] as const;

/** The same logits after every token: of a, b, c, d and the end. */
const constant = (...logits: number[]): FakeModelOptions => ({
  vocabulary,
  logits: () => logits,
});

describe('an engine over chosen logits', () => {
  it('follows the sum of the terms, token by token', async () => {
    const { loader } = fakeLoader({
      base: constant(1, 0, 0, 0, 0),
      // What the expert wants next depends on what came last.
      expert: { vocabulary, logits: (tokens) => [0, 0, 0, 0, 0].with((tokens.at(-1)! + 1) % 5, 5) },
    });
    await using trimtab = await LoadedRecipe.load(fakeRecipe(), { loader });
    const { text, finishReason, tokens } = await trimtab.generate('a', { logprobs: true });
    expect({ text, finishReason }).toEqual({ text: 'bcd', finishReason: 'stop' });
    expect(tokens[0]!.logprob).toBeCloseTo(5 - Math.log(Math.exp(1) + Math.exp(5) + 4));
  });

  it('tells the base name of a file, and the commit of one of the hub', async () => {
    const { loader } = fakeLoader({ base: {}, expert: {} });
    const given = fakeRecipe();
    const hub = `hf:ann/model/base.gguf@${'a'.repeat(40)}`;
    const base = {
      ...given.models.get('base')!,
      source: { kind: 'file', path: '/x/base', hub } as const,
    };
    const models = new Map(given.models).set('base', base);
    await using trimtab = await LoadedRecipe.load({ ...given, models }, { loader });
    expect(trimtab.models.map(({ file, hub: at }) => [file, at])).toEqual([
      ['base', hub],
      [expect.stringMatching(/^expert/), undefined],
    ]);
  });

  it('computes what a prompt shares with an earlier one once, but for its last token', async () => {
    const { loader, loaded } = fakeLoader({ base: constant(0, 1, 0, 0, 0) });
    const alone = fakeRecipe({
      models: { base: { file: 'base', prompt: 'raw' } },
      formula: 'base',
    });
    await using trimtab = await LoadedRecipe.load(alone, { loader });
    await trimtab.generate({ tokens: [a, b, c, d] }, { maxTokens: 1 });
    const again = await trimtab.generate({ tokens: [a, b, c, a] }, { maxTokens: 1 });
    expect(again.usage.models['base']).toMatchObject({ promptTokens: 4, cachedTokens: 3 });
    const same = await trimtab.generate({ tokens: [a, b, c, a] }, { maxTokens: 1 });
    expect(same.usage.models['base']).toMatchObject({ promptTokens: 4, cachedTokens: 3 });
    expect(loaded('base').passes.map(({ tokens }) => tokens)).toEqual([4, 1, 1]);
  });

  it('tells who asked when a forward pass fails, and answers the next', async () => {
    let passes = 0;
    const onPass = () => {
      if (++passes === 3) throw new NativeCallError('llama_decode', -3);
    };
    const { loader } = fakeLoader({
      base: { ...constant(0, 1, 0, 0, 0), onPass },
      expert: constant(0, 0, 0, 0, 0),
    });
    await using trimtab = await LoadedRecipe.load(fakeRecipe(), { loader });
    await expect(trimtab.generate('abc', { maxTokens: 4 })).rejects.toThrow(NativeCallError);
    expect((await trimtab.generate('abc', { maxTokens: 4 })).text).toBe('bbbb');
  });

  it('refuses to score a token that the vocabulary has not, before a model sees it', async () => {
    const { loader, loaded } = fakeLoader({ base: {}, expert: {} });
    await using trimtab = await LoadedRecipe.load(fakeRecipe(), { loader });
    const scoring = trimtab.score('a', [65, 100_000]);
    await expect(scoring).rejects.toThrow(InvalidOptionError);
    await expect(scoring).rejects.toMatchObject({ option: 'continuation[1]' });
    expect(loaded('base').passes).toEqual([]);
  });

  it('measures with the clock it is given', async () => {
    let time = 0;
    const costs = (perToken: number): Pick<FakeModelOptions, 'onPass'> => ({
      onPass: ({ tokens }) => {
        time += perToken * tokens;
      },
    });
    const { loader } = fakeLoader({
      base: { ...constant(0, 1, 0, 0, 0), ...costs(10) },
      expert: { ...constant(0, 0, 0, 0, 0), ...costs(1) },
    });
    await using trimtab = await LoadedRecipe.load(fakeRecipe(), { loader, now: () => time });
    const { timings } = await trimtab.generate('abcd', { maxTokens: 3 });
    expect(timings).toMatchObject({ prefillMs: 44, decodeMs: 22 });
  });

  it('fills the context, and one token more, which needs no place', async () => {
    const { loader } = fakeLoader({ base: constant(0, 1, 0, 0, 0), expert: constant(0, 0) });
    const short = fakeRecipe({ engine: { contextLength: 8 } });
    await using trimtab = await LoadedRecipe.load(short, { loader });
    const { text, finishReason } = await trimtab.generate('abc');
    expect({ text, finishReason }).toEqual({ text: 'b'.repeat(8 - 3 + 1), finishReason: 'length' });
  });

  it('goes back to the beginning of a segment, no further and no less', async () => {
    // Which letter comes next is told by how many came before it.
    const { loader } = fakeLoader({
      base: { vocabulary, logits: ({ length }) => [0, 0, 0, 0, 0].with((length - 1) % 3, 99) },
    });
    const segments = fakeRecipe({
      models: { base: { file: 'base', prompt: 'raw' } },
      formula: 'base',
      sampling: { temperature: 1, seed: 1 },
      guidance: { method: 'segments', maxTokens: 2, maxTries: 3, entropy: 99, threshold: 1 },
      rewards: { none: { words: { zzz: 1 } } },
    });
    await using trimtab = await LoadedRecipe.load(segments, { loader });
    expect((await trimtab.generate('d', { maxTokens: 7 })).text).toBe('abcabca');
  });

  it('gives all sequences and models back', async () => {
    const { loader, loaded } = fakeLoader({
      base: { vocabulary: pieceVocabulary(everyByte) },
      expert: { vocabulary: pieceVocabulary(everyByte) },
    });
    const trimtab = await LoadedRecipe.load(fakeRecipe({ sampling: { temperature: 1, seed: 1 } }), {
      loader,
    });
    const answers = Array.from({ length: 20 }, (_, i) =>
      trimtab.generate(`${i}?`, { maxTokens: 5 }),
    );
    await Promise.all(answers);
    const base = loaded('base');
    expect([...base.contexts].map(({ freeSequences }) => freeSequences)).toEqual([0]); // kept as a cache
    await trimtab[Symbol.asyncDispose]();
    expect(base).toMatchObject({ isDisposed: true, contexts: new Set() });
    expect(loaded('expert').isDisposed).toBe(true);
  });
});
