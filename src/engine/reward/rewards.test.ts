import { mkdtemp, rm, writeFile } from 'node:fs/promises';
import { tmpdir } from 'node:os';
import path from 'node:path';

import { afterAll, beforeAll, describe, expect, it } from 'vitest';

import { chaoticLogits } from '../../../test/support/fake-model/chaotic-logits.ts';
import { fakeLoader } from '../../../test/support/fake-model/fake-loader.ts';
import type { FakeModelOptions } from '../../../test/support/fake-model/fake-model-options.ts';
import { fakeRecipe } from '../../../test/support/fake-model/fake-recipe.ts';
import { writeHeads } from '../../../test/support/fake-model/write-heads.ts';
import { pieceVocabulary } from '../../../test/support/piece-vocabulary.ts';
import type { RecipeDocument } from '../../recipe/index.ts';
import { functionReward } from '../../reward/index.ts';
import type { GenerateOptions, Prompt, Reward, RewardedAnswer } from '../../spec/index.ts';
import { LoadedRecipe, type LoadOptions } from '../loaded-recipe.ts';

const vocabulary = pieceVocabulary(Array.from('abcdefgh', (letter) => Buffer.from(letter)));

let folder: string;
let headFile: string;
beforeAll(async () => {
  folder = await mkdtemp(path.join(tmpdir(), 'trimtab-rewards-'));
  headFile = path.join(folder, 'heads.json');
  await writeHeads(headFile, { warm: [1, 0, 0, 0], dry: [0, 1, 0, 0] });
});
afterAll(() => rm(folder, { recursive: true }));

const raw = (file: string) => ({ file, prompt: 'raw' }) as const;

interface World {
  readonly document?: Partial<RecipeDocument>;
  readonly judge?: FakeModelOptions;
  readonly options?: LoadOptions;
}

async function load({ document = {}, judge = {}, options = {} }: World = {}) {
  const fake = (salt: number): FakeModelOptions => ({
    vocabulary,
    logits: chaoticLogits(vocabulary, { salt }),
  });
  const { loader, loaded } = fakeLoader({
    base: fake(1),
    caller: fake(2),
    judge: { vocabulary, hiddenState: (tokens) => [tokens.length, tokens.at(-1)!, 0, 0], ...judge },
  });
  const recipe = fakeRecipe({
    models: { base: raw('base.gguf'), caller: raw('caller.gguf'), judge: raw('judge.gguf') },
    formula: 'base',
    params: {},
    ...document,
  });
  const trimtab = await LoadedRecipe.load(recipe, { loader, ...options });
  return { trimtab, loaded, [Symbol.asyncDispose]: () => trimtab[Symbol.asyncDispose]() };
}

/** A reward that remembers what it was told of. */
function curious() {
  const told: RewardedAnswer[] = [];
  let open = 0;
  const plain = functionReward({ name: 'curious', score: (texts) => texts.map(() => 1) });
  const reward: Reward = {
    ...plain,
    start(answer) {
      told.push(answer);
      open++;
      const session = plain.start(answer);
      return {
        get length() {
          return session.length;
        },
        score: (continuations, signal) => session.score(continuations, signal),
        accept: (tokens) => session.accept(tokens),
        truncate: (length) => session.truncate(length),
        [Symbol.dispose]: () => void open--,
      };
    },
  };
  return { reward, told, open: () => open };
}

describe('a reward given in code', () => {
  it.each<[Prompt, readonly { role: string; content: string }[]]>([
    ['abc', [{ role: 'user', content: 'abc' }]],
    [{ text: 'abc' }, [{ role: 'user', content: 'abc' }]],
    [{ tokens: [0, 2] }, [{ role: 'user', content: 'ac' }]],
    [
      {
        messages: [
          { role: 'system', content: 'b' },
          { role: 'user', content: 'a' },
        ],
      },
      [
        { role: 'system', content: 'b' },
        { role: 'user', content: 'a' },
      ],
    ],
  ])('is told of the conversation: of %j', async (prompt, messages) => {
    const { reward, told, open } = curious();
    await using engine = await load({ options: { rewards: { curious: { reward } } } });
    await engine.trimtab.generate(prompt, { maxTokens: 2 });
    expect(told).toEqual([{ messages, vocabulary }]);
    expect(open()).toBe(0);
  });

  it('has a weight of 1, and the recipe a param for it, unless something else is said', async () => {
    const { reward } = curious();
    await using engine = await load({
      options: { rewards: { one: { reward }, none: { reward, weight: 0 } } },
    });
    const { recipe } = engine.trimtab;
    expect(recipe.rewards.get('one')).toMatchObject({
      weight: 1,
      timeoutMs: 1000,
      normalization: null,
    });
    expect(recipe.rewards.get('none')!.weight).toBe(0);
    expect(recipe.params.get('rewardWeight')).toMatchObject({ default: 1, min: 0, max: 10 });
    const { rewards } = await engine.trimtab.generate('a', { maxTokens: 1 });
    expect(rewards).toEqual({ one: 1 });
  });

  it('leaves the recipe its own param', async () => {
    const { reward } = curious();
    const params = { rewardWeight: { default: 0, min: 0, max: 3 } };
    await using engine = await load({
      document: { params, rewards: { w: { words: { a: 1 } } } },
      options: { rewards: { one: { reward } } },
    });
    expect(engine.trimtab.recipe.params.get('rewardWeight')).toMatchObject(params.rewardWeight);
    expect((await engine.trimtab.generate('a', { maxTokens: 1 })).rewards).toBeUndefined();
  });

  it('must have a name that the recipe has not', async () => {
    const { reward } = curious();
    const document = { rewards: { taken: { words: { a: 1 } } } };
    const loading = load({ document, options: { rewards: { taken: { reward } } } });
    await expect(loading).rejects.toMatchObject({
      code: 'invalid_option',
      option: 'rewards.taken',
      message: expect.stringContaining('has a reward taken already') as string,
    });
  });
});

describe('loading rewards', () => {
  it('refuses programs that were not allowed, and loads none of the models for nothing', async () => {
    const document = { rewards: { program: { module: 'reward.mjs' } } };
    await expect(load({ document })).rejects.toMatchObject({
      code: 'invalid_option',
      option: 'allowModules',
      message: expect.stringMatching(/The reward program is a program.*reward\.mjs/) as string,
    });
  });

  it('refuses a file of heads that does not fit, and frees the models', async () => {
    const wrong = path.join(folder, 'wrong.json');
    await writeFile(wrong, '{');
    const document = { rewards: { r: { model: 'judge', head: 'warm', headFile: wrong } } };
    await expect(load({ document })).rejects.toMatchObject({ option: 'headFile' });
    const narrow = { document: { rewards: { r: { model: 'judge', head: 'warm', headFile } } } };
    await expect(load({ ...narrow, judge: { embeddingLength: 5 } })).rejects.toThrow(
      /4 numbers.*5/,
    );
  });
});

const scalar = (rewards: RecipeDocument['rewards']): World => ({ document: { rewards } });

describe('a scalar reward model', () => {
  const warm = () => ({ model: 'judge', head: 'warm', headFile, scope: 'both' as const });
  const dry = () => ({ ...warm(), head: 'dry' });
  const guidance: GenerateOptions['guidance'] = { method: 'args', candidates: 3 };

  it('computes each candidate by its own tokens alone, and takes the chosen one as it is', async () => {
    await using engine = await load(scalar({ warm: warm() }));
    const { tokens } = await engine.trimtab.generate('abcde', { maxTokens: 4, guidance });
    expect(tokens).toHaveLength(4);
    // The prompt, three candidates a token, and the whole answer's last token once more.
    const computed = engine.loaded('judge').passes.map((pass) => pass.tokens);
    expect(computed.slice(0, 2)).toEqual([5, 3]);
    expect(computed.reduce((sum, count) => sum + count, 0)).toBe(5 + 4 * 3 + 1);
  });

  it('computes no candidate that cannot be chosen, and the chosen one once', async () => {
    const bounds = { min: 0, max: vocabulary.size - 1 };
    await using engine = await load(scalar({ dry: { ...dry(), weight: 0.2, bounds } }));
    const { usage } = await engine.trimtab.generate('abcde', { maxTokens: 12, guidance });
    const { candidates, valued } = usage.rewards!['dry']!;
    expect(candidates).toBe(12 * 3);
    expect(valued).toBeLessThan(candidates);
    // The prompt, what was valued, and the whole answer's last token once more.
    expect(engine.loaded('judge').computedTokens).toBe(5 + valued + 1);
  });

  it('serves all its heads with one computation', async () => {
    await using both = await load(scalar({ warm: warm(), dry: dry() }));
    await using one = await load(scalar({ dry: dry() }));
    const passes = [];
    for (const { trimtab, loaded } of [both, one]) {
      const { rewards } = await trimtab.generate('abc', { maxTokens: 3, guidance });
      passes.push([loaded('judge').computedTokens, rewards!['dry'] !== undefined]);
    }
    expect(passes[0]).toEqual(passes[1]);
  });

  it('runs at the end alone where it only reports, and with those that run anyway', async () => {
    await using engine = await load(
      scalar({ warm: { ...warm(), weight: 0 }, dry: { ...dry(), weight: 0 } }),
    );
    const { trimtab, loaded } = engine;
    const report = await trimtab.generate('abc', { maxTokens: 4, reportRewards: ['warm', 'warm'] });
    expect(report.rewards).toEqual({ warm: 3 + 4 });
    expect(loaded('judge').computedTokens).toBe(3 + 4);
    const before = loaded('judge').computedTokens;
    const guided = await trimtab.generate('abc', {
      maxTokens: 4,
      guidance,
      rewards: { dry: 1 },
      reportRewards: ['warm'],
    });
    expect(guided.rewards).toEqual({ warm: 7, dry: guided.tokens.at(-1)!.tokenId });
    const alone = loaded('judge').computedTokens - before;
    await trimtab.generate('abc', { maxTokens: 4, guidance, rewards: { dry: 1 } });
    expect(loaded('judge').computedTokens - before).toBe(2 * alone);
  });

  it('ends an answer that it has no more room for', async () => {
    await using engine = await load({
      document: {
        models: {
          base: raw('base.gguf'),
          caller: raw('caller.gguf'),
          judge: { ...raw('judge.gguf'), system: 'abcdefgh' },
        },
        rewards: { warm: warm() },
        engine: { contextLength: 20 },
      },
    });
    const { tokens, finishReason } = await engine.trimtab.generate('a', { guidance });
    expect(finishReason).toBe('length');
    expect(tokens).toHaveLength(20 - '?abcdefgh??a'.length + 1); // and two for the lines between
  });

  it('that gives no number fails the answer by its name', async () => {
    await using engine = await load({
      ...scalar({ warm: warm() }),
      judge: { hiddenState: () => [Number.NaN, 0, 0, 0] },
    });
    await expect(engine.trimtab.generate('a', { guidance })).rejects.toMatchObject({
      code: 'reward_failed',
      reward: 'warm',
      message: expect.stringContaining('The reward warm gave NaN.') as string,
    });
    expect(engine.trimtab.stats).toMatchObject({ running: 0, queued: 0 });
  });
});
