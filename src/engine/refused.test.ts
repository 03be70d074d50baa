import { afterAll, beforeAll, describe, expect, it } from 'vitest';

import { fakeLoader } from '../../test/support/fake-model/fake-loader.ts';
import { fakeRecipe } from '../../test/support/fake-model/fake-recipe.ts';
import { pieceVocabulary } from '../../test/support/piece-vocabulary.ts';
import {
  ContextLengthError,
  DisposedError,
  InvalidOptionError,
  type GenerateOptions,
  type TrimtabError,
} from '../spec/index.ts';
import { LoadedRecipe, type ScoreOptions } from './loaded-recipe.ts';

const vocabulary = pieceVocabulary(Array.from('abcd', (letter) => Buffer.from(letter)));

let trimtab: LoadedRecipe;
beforeAll(async () => {
  const { loader } = fakeLoader({ base: { vocabulary }, expert: { vocabulary } });
  const recipe = fakeRecipe({
    params: { alpha: { default: 1, min: 0, max: 2 } },
    rewards: { words: { words: { a: 1 }, weight: 0 } },
    engine: { contextLength: 16 },
  });
  trimtab = await LoadedRecipe.load(recipe, { loader });
});
afterAll(() => trimtab[Symbol.asyncDispose]());

const errorOf = (promise: Promise<unknown>): Promise<TrimtabError> =>
  promise.then(
    () => expect.unreachable(),
    (error: unknown) => error as TrimtabError,
  );

describe('an option that cannot be honoured', () => {
  const cases: readonly [option: string, given: object, message: RegExp][] = [
    ['temprature', { temprature: 1 }, /no option "temprature"/],
    ['temperature', { temperature: -1 }, /./],
    ['topLogprobs', { topLogprobs: -1 }, /topLogprobs must be an integer from 0 to 1000, not -1/],
    ['topLogprobs', { topLogprobs: 1001 }, /from 0 to 1000/],
    ['topLogprobs', { topLogprobs: 1.5 }, /must be an integer/],
    ['maxTokens', { maxTokens: 0 }, /maxTokens must be an integer from 1 to .*, not 0/],
    ['maxTokens', { maxTokens: 2.5 }, /must be an integer/],
    ['maxTokens', { maxTokens: Infinity }, /must be an integer/],
    ['minTokens', { minTokens: -1 }, /from 0 to/],
    [
      'minTokens',
      { minTokens: 4, maxTokens: 3 },
      /minTokens must be an integer from 0 to 3, not 4/,
    ],
    ['params.alpha', { params: { alpha: 3 } }, /./],
    ['only', { only: 'bass' }, /no model "bass".*Did you mean `base`.*It has base, expert/s],
    ['stop', { stop: '' }, /./],
    ['reportRewards', { reportRewards: ['word'] }, /no reward "word".*Did you mean `words`/],
  ];

  it.each(cases)('%s of %j is refused by its name', async (option, given, message) => {
    const error = await errorOf(trimtab.generate('a', given));
    expect(error).toBeInstanceOf(InvalidOptionError);
    expect(error).toMatchObject({ option });
    expect(error.message).toMatch(message);
    const stream = trimtab.stream('a', given);
    expect(await errorOf(stream.result)).toMatchObject({ option });
    expect(await errorOf(stream[Symbol.asyncIterator]().next())).toMatchObject({ option });
  });

  it.each(
    cases.filter(([option]) =>
      ['temprature', 'topLogprobs', 'params.alpha', 'only'].includes(option),
    ),
  )('%s of %j is refused by scoring, too', async (option, given) => {
    expect(await errorOf(trimtab.score('a', 'b', given))).toMatchObject({ option });
  });

  it('has bounds that themselves are honoured', async () => {
    const given: GenerateOptions = { topLogprobs: 1000, maxTokens: 1, minTokens: 1 };
    const { tokens } = await trimtab.generate('a', given);
    expect(tokens[0]!.topLogprobs).toHaveLength(vocabulary.size);
  });
});

describe('scoring', () => {
  it('needs something to score', async () => {
    for (const nothing of ['', []]) {
      expect(await errorOf(trimtab.score('a', nothing))).toMatchObject({ option: 'continuation' });
    }
  });

  it('needs room for it: the context holds prompt and continuation', async () => {
    const room = 'b'.repeat(15);
    expect((await trimtab.score('a', room)).tokens).toHaveLength(15);
    const error = await errorOf(trimtab.score('ab', room));
    expect(error).toBeInstanceOf(ContextLengthError);
    expect(error.message).toContain('2 tokens and the continuation 15');
    expect(await errorOf(trimtab.score('a', 'b'.repeat(1000)))).toBeInstanceOf(ContextLengthError);
    const many = Array.from({ length: 16 }, () => 1);
    expect(await errorOf(trimtab.score('a', many))).toBeInstanceOf(ContextLengthError);
  });

  it('gives alternatives where they are asked for, and tells what is greedy', async () => {
    const biased = {
      vocabulary,
      logits: () => [1, 3, 2, 0, -5, -5],
    };
    const { loader } = fakeLoader({ base: biased, expert: { vocabulary } });
    await using own = await LoadedRecipe.load(fakeRecipe(), { loader });
    const of = (text: string, options: ScoreOptions = {}) => own.score('a', text, options);
    expect((await of('bbb')).isGreedy).toBe(true);
    expect((await of('bcb')).isGreedy).toBe(false);
    const { tokens, logprob } = await of('cb', { topLogprobs: 2 });
    expect(tokens.map(({ text }) => text)).toEqual(['c', 'b']);
    expect(tokens[0]!.topLogprobs!.map(({ text }) => text)).toEqual(['b', 'c']);
    expect(logprob).toBeCloseTo(tokens[0]!.logprob + tokens[1]!.logprob, 10);
    expect((await of('c')).tokens[0]).not.toHaveProperty('topLogprobs');
    const [own2] = (await of('c', { topLogprobs: 1 })).tokens;
    expect(own2!.topLogprobs).toHaveLength(1);
  });
});

describe('log-probs of the whole vocabulary', () => {
  const biased = { vocabulary, logits: () => [1, 3, 2, 0, -5, -5] };

  it('are those of each token, before penalties, and sum to one', async () => {
    const { loader } = fakeLoader({ base: biased, expert: { vocabulary } });
    await using own = await LoadedRecipe.load(fakeRecipe(), { loader });
    const options: GenerateOptions = {
      allLogprobs: true,
      topLogprobs: vocabulary.size,
      logitBias: { 1: -100 },
      maxTokens: 3,
      minTokens: 3,
    };
    const generated = (await own.generate('a', options)).tokens;
    const scored = (await own.score('a', 'bcb', { allLogprobs: true, topLogprobs: 6 })).tokens;
    for (const { tokenId, logprob, topLogprobs, allLogprobs } of [...generated, ...scored]) {
      expect(allLogprobs).toHaveLength(vocabulary.size);
      expect(allLogprobs![tokenId]).toBeCloseTo(logprob!, 6);
      for (const other of topLogprobs!) {
        expect(allLogprobs![other.tokenId]).toBeCloseTo(other.logprob, 6);
      }
      expect(allLogprobs!.reduce((sum, each) => sum + Math.exp(each), 0)).toBeCloseTo(1, 6);
    }
    expect(generated[0]!.allLogprobs).not.toBe(generated[1]!.allLogprobs);
  });

  it('are not there unless they are asked for', async () => {
    const { loader } = fakeLoader({ base: biased, expert: { vocabulary } });
    await using own = await LoadedRecipe.load(fakeRecipe(), { loader });
    const { tokens } = await own.generate('a', { logprobs: true, maxTokens: 1 });
    expect(tokens[0]).not.toHaveProperty('allLogprobs');
  });
});

describe('text and tokens', () => {
  it('become one another, by the vocabulary of a model that there is', () => {
    expect(trimtab.tokenize('abd')).toEqual([0, 1, 3]);
    expect(trimtab.detokenize([0, 1, 3])).toBe('abd');
    expect(trimtab.tokenize('abd', { only: 'expert' })).toEqual([0, 1, 3]);
    expect(() => trimtab.tokenize('a', { only: 'exprt' })).toThrow(/Did you mean `expert`/);
    expect(() => trimtab.detokenize([0], { only: 'exprt' })).toThrow(InvalidOptionError);
  });

  it('of any length are read beside other work, up to a limit, and must fit if that is asked', async () => {
    expect(await trimtab.tokenizeLong('ab'.repeat(50))).toHaveLength(100);
    expect(await trimtab.tokenizeLong('ab'.repeat(8), { mustFit: true })).toHaveLength(16);
    const tooLong = await errorOf(trimtab.tokenizeLong('ab'.repeat(9), { mustFit: true }));
    expect(tooLong).toBeInstanceOf(ContextLengthError);
    const huge = 'a'.repeat(2 ** 20 + 1);
    expect(await errorOf(trimtab.tokenizeLong(huge))).toBeInstanceOf(InvalidOptionError);
    expect(await errorOf(trimtab.tokenizeLong('a', { only: 'nobody' }))).toMatchObject({
      option: 'only',
    });
  });

  it('keep characters whole that tokens cut', async () => {
    const halves = pieceVocabulary([Uint8Array.of(0xc3), Uint8Array.of(0xa9), Buffer.from('a')]);
    const { loader } = fakeLoader({ base: { vocabulary: halves }, expert: { vocabulary: halves } });
    await using own = await LoadedRecipe.load(fakeRecipe(), { loader });
    expect(own.detokenize([2, 0, 1, 2])).toBe('aéa');
    expect(own.detokenize([0, 2, 0])).toBe('\uFFFDa\uFFFD');
  });
});

describe('what has been disposed of', () => {
  it('ends what runs with that reason, and takes no more', async () => {
    const { loader } = fakeLoader({ base: { vocabulary }, expert: { vocabulary } });
    const own = await LoadedRecipe.load(fakeRecipe(), { loader });
    const running = [own.generate('a'), own.stream('a').result, own.score('a', 'b')].map(errorOf);
    await own[Symbol.asyncDispose]();
    for (const error of await Promise.all(running)) {
      expect(error).toBeInstanceOf(DisposedError);
      expect(error.message).toBe('The recipe fake was disposed of.');
    }
    await own[Symbol.asyncDispose]();
    expect(await errorOf(own.generate('a'))).toBeInstanceOf(DisposedError);
    expect(await errorOf(own.stream('a').result)).toBeInstanceOf(DisposedError);
    expect(await errorOf(own.score('a', 'b'))).toBeInstanceOf(DisposedError);
    expect(() => own.tokenize('a')).toThrow(DisposedError);
    expect(() => own.detokenize([0])).toThrow(DisposedError);
  });
});

describe('a reader that leaves', () => {
  it('ends its generation with an AbortError', async () => {
    const stream = trimtab.stream('a', { logitBias: { 4: -100 } });
    for await (const chunk of stream) {
      if (chunk.tokens.length > 0) break;
    }
    expect(await errorOf(stream.result)).toMatchObject({
      name: 'AbortError',
      message: 'The reader left the stream.',
    });
    expect(trimtab.stats.running).toBe(0);
  });

  it('changes nothing once the answer is there', async () => {
    const stream = trimtab.stream('a', { maxTokens: 3 });
    const { tokens } = await stream.result;
    for await (const chunk of stream) if (chunk.tokens.length > 0) break;
    expect((await stream.result).tokens).toBe(tokens);
  });
});
