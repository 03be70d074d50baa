import { readFile, writeFile } from 'node:fs/promises';
import path from 'node:path';

import { afterAll, beforeAll, describe, expect, it } from 'vitest';

import {
  ContextLengthError,
  Engine,
  GgufError,
  InsufficientMemoryError,
  InvalidOptionError,
  RecipeError,
  resolveRecipe,
  TemplateError,
  LoadedRecipe,
  VocabularyMismatchError,
  type GenerateOptions,
  type GenerationResult,
  type ModelLoader,
} from '../../src/index.ts';
import { loadModel } from '../../src/llama/index.ts';
import { uniformAt } from '../../src/math/index.ts';
import { dequantizeFile, readGgufHeader, string } from '../../src/gguf/index.ts';
import { createVocabulary, padVocabulary, permuteVocabulary } from '../support/gguf/index.ts';
import { temporaryFolder, writeTinyModel } from '../support/random-models.ts';

let folder: Awaited<ReturnType<typeof temporaryFolder>>;
let files: Record<'base' | 'expert' | 'antiExpert', string>;
let trimtab: LoadedRecipe;

/** Sixteen generations at once, as exact as llama.cpp gets: Q8_0, flash attention off, one thread. */
const settings = { maxSequences: 16, threads: 1, contextLength: 1024 };

const proxyTuning = (given: object = {}) =>
  resolveRecipe(
    {
      name: 'random',
      models: {
        base: { file: files.base, prompt: 'raw' },
        expert: { file: files.expert, prompt: 'raw' },
        antiExpert: { file: files.antiExpert, prompt: 'raw' },
      },
      base: 'base',
      expert: 'expert',
      antiExpert: 'antiExpert',
      sampling: { temperature: 0 },
      engine: settings,
      ...given,
    },
    { directory: folder.path },
  );

beforeAll(async () => {
  folder = await temporaryFolder();
  files = {
    base: await writeTinyModel(folder.path, 'base', { seed: 1 }),
    expert: await writeTinyModel(folder.path, 'expert', {
      seed: 2,
      embeddingLength: 32,
      headCount: 1,
    }),
    antiExpert: await writeTinyModel(folder.path, 'anti', {
      seed: 3,
      embeddingLength: 32,
      headCount: 1,
    }),
  };
  trimtab = await LoadedRecipe.load(proxyTuning());
});

afterAll(async () => {
  await trimtab[Symbol.asyncDispose]();
  await folder[Symbol.asyncDispose]();
});

const ids = ({ tokens }: GenerationResult) => tokens.map(({ tokenId }) => tokenId);

/** Random models seldom end by themselves; what ends them must not. */
const long = (maxTokens: number): GenerateOptions => ({ maxTokens, logitBias: { 256: -100 } });

describe('exactness', () => {
  it.each([
    ['greedy', { temperature: 0 }],
    ['seeded', { temperature: 1.3, topP: 0.95, seed: 7 }],
  ])(
    'sixteen generations of 600 tokens at once are those made alone, bit for bit: %s',
    async (_, sampling) => {
      const prompts = Array.from(
        { length: 16 },
        (__, i) => `${'the tea is on the table '.repeat(i % 5)}${i}`,
      );
      // These files are not of Q8_0: passes of several positions round otherwise than those of one.
      const options = { ...long(600), ...sampling, logprobs: true, speculation: 'off' };
      const together = await Promise.all(
        prompts.map((prompt) => trimtab.generate(prompt, options)),
      );
      await using fresh = await LoadedRecipe.load(
        proxyTuning({ engine: { ...settings, maxSequences: 1 } }),
      );
      for (const index of [0, 3, 9, 15]) {
        const alone = await fresh.generate(prompts[index]!, options);
        expect(alone.tokens).toHaveLength(600);
        expect(together[index]!.tokens).toEqual(alone.tokens);
        expect(together[index]!.text).toBe(alone.text);
      }
    },
  );

  it('streams what it returns', async () => {
    const whole = await trimtab.generate('streams of tea', long(40));
    const stream = trimtab.stream('streams of tea', long(40));
    let text = '';
    const tokens: number[] = [];
    for await (const chunk of stream) {
      text += chunk.text;
      tokens.push(...chunk.tokens.map(({ tokenId }) => tokenId));
    }
    expect(text).toBe(whole.text);
    expect(tokens).toEqual(ids(whole));
    expect((await stream.result).text).toBe(whole.text);
  });

  it('is the base at alpha 0, which then runs alone', async () => {
    const alone = await trimtab.generate('alpha', {
      ...long(60),
      only: 'base',
      seed: 3,
      temperature: 1,
    });
    const zero = await trimtab.generate('alpha', {
      ...long(60),
      params: { alpha: 0 },
      seed: 3,
      temperature: 1,
    });
    expect(ids(zero)).toEqual(ids(alone));
    expect(Object.keys(zero.usage.models)).toEqual(['base']);
  });

  it('is the base where expert and anti-expert are equal', async () => {
    await using same = await LoadedRecipe.load(
      proxyTuning({
        models: {
          base: { file: files.base, prompt: 'raw' },
          expert: { file: files.expert, prompt: 'raw' },
          antiExpert: { file: files.expert, prompt: 'raw' },
        },
      }),
    );
    const options = { ...long(60), seed: 3, temperature: 1, logprobs: true };
    const composed = await same.generate('equal', { ...options, params: { alpha: 1.7 } });
    const alone = await same.generate('equal', { ...options, only: 'base' });
    expect(composed.tokens).toEqual(alone.tokens);
  });

  it('gives the same from the prefix cache as without it, and says what it found there', async () => {
    const prompt = 'a long shared beginning of many words, and then '.repeat(3);
    const first = await trimtab.generate(`${prompt}one`, long(30));
    const cached = await trimtab.generate(`${prompt}two`, long(30));
    expect(cached.usage.models['base']!.cachedTokens).toBeGreaterThan(20);
    await using fresh = await LoadedRecipe.load(proxyTuning());
    const cold = await fresh.generate(`${prompt}two`, long(30));
    expect(cold.usage.models['base']!.cachedTokens).toBe(0);
    expect(ids(cached)).toEqual(ids(cold));
    expect(ids(await trimtab.generate(`${prompt}one`, long(30)))).toEqual(ids(first));
  });

  it('computes a prompt once for generations that share it', async () => {
    await using fresh = await LoadedRecipe.load(proxyTuning());
    const prompt = 'shared by all of them '.repeat(20);
    const results = await Promise.all(
      Array.from({ length: 4 }, (_, seed) =>
        fresh.generate(prompt, { ...long(5), temperature: 1, seed }),
      ),
    );
    const cached = results.map(({ usage }) => usage.models['base']!.cachedTokens);
    const { promptTokens } = results[0]!.usage;
    expect(cached).toEqual([0, promptTokens - 1, promptTokens - 1, promptTokens - 1]);
  });

  it('merges generations into one decode per model and token', async () => {
    const before = trimtab.stats;
    await Promise.all(
      Array.from({ length: 8 }, (_, i) =>
        trimtab.generate(`${i} `, { ...long(20), logitBias: { 256: -100 } }),
      ),
    );
    const decodes = trimtab.stats.decodes - before.decodes;
    expect(decodes).toBeLessThanOrEqual(3 * (20 + 4));
  });
});

describe('score', () => {
  it('gives the log-probs that the generation had, and the same for one model', async () => {
    for (const only of [undefined, 'expert']) {
      const options = only === undefined ? {} : { only };
      const answer = await trimtab.generate('score me', {
        ...long(50),
        logprobs: true,
        ...options,
      });
      const score = await trimtab.score('score me', ids(answer), options);
      expect(score.tokens.map(({ logprob }) => logprob)).toEqual(
        answer.tokens.map(({ logprob }) => logprob),
      );
      expect(score.isGreedy).toBe(true);
      expect(score.logprob).toBeCloseTo(
        answer.tokens.reduce((sum, { logprob }) => sum + logprob!, 0),
        8,
      );
    }
    const other = await trimtab.score('score me', 'something else');
    expect(other.isGreedy).toBe(false);
    const ranked = await trimtab.score('score me', 'tea', { topLogprobs: 3 });
    expect(ranked.tokens.map(({ topLogprobs }) => topLogprobs!.length)).toEqual(
      ranked.tokens.map(() => 3),
    );
  });

  it('refuses what it cannot score', async () => {
    await expect(trimtab.score('x', '')).rejects.toThrow(/empty/);
    await expect(trimtab.score('x', 'tea '.repeat(1100))).rejects.toThrow(ContextLengthError);
    await expect(trimtab.score('x', [4096])).rejects.toThrow(InvalidOptionError);
  });
});

describe('trace', () => {
  it('adds up: the shares make the score, the shift and the divergence are those of the distributions', async () => {
    const { tokens } = await trimtab.generate('trace', {
      ...long(20),
      trace: true,
      topLogprobs: 512,
    });
    for (const { tokenId, logprob, trace } of tokens) {
      const before = new Map(trace!.topBefore.map((token) => [token.tokenId, token.logprob]));
      const after = new Map(trace!.topAfter.map((token) => [token.tokenId, token.logprob]));
      expect(after.get(tokenId)).toBe(logprob);
      expect(trace!.shift).toBeCloseTo(after.get(tokenId)! - before.get(tokenId)!, 6);
      let kl = 0;
      for (const [id, value] of after) kl += Math.exp(value) * (value - before.get(id)!);
      expect(trace!.kl).toBeCloseTo(kl, 5);
      const [base, expert, anti] = trace!.terms;
      expect([base!.model, expert!.model, anti!.model]).toEqual(['base', 'expert', 'antiExpert']);
      expect(anti!.share).toBe(-anti!.logprob);
      expect(trace!.topBefore[0]).toEqual(trace!.baseChoice);
    }
  });
});

describe('the end of an answer', () => {
  it('is a stop string across tokens, which is not part of the text', async () => {
    const whole = await trimtab.generate('stop', long(80));
    const stop = whole.text.slice(20, 26);
    const cut = await trimtab.generate('stop', { ...long(80), stop });
    expect(cut.finishReason).toBe('stop');
    expect(cut.stopString).toBe(stop);
    expect(cut.text).toBe(whole.text.slice(0, whole.text.indexOf(stop)));
  });

  it('is maxTokens, the end of the context, or an end token', async () => {
    const short = await trimtab.generate('end', long(3));
    expect([short.finishReason, short.tokens.length]).toEqual(['length', 3]);
    const full = await trimtab.generate('tea '.repeat(400), long(5000));
    expect(full.finishReason).toBe('length');
    expect(full.usage.promptTokens + full.usage.completionTokens).toBe(1025);
    const ended = await trimtab.generate('end', { logitBias: { 256: 100 } });
    expect([ended.finishReason, ended.text]).toEqual(['stop', '']);
  });

  it('is an abort, within one token, which gives the sequences back', async () => {
    const controller = new AbortController();
    const reason = new Error('changed my mind');
    const stream = trimtab.stream('abort', { ...long(1000), signal: controller.signal });
    let count = 0;
    await expect(async () => {
      for await (const chunk of stream) {
        count += chunk.tokens.length;
        if (count === 5) controller.abort(reason);
      }
    }).rejects.toBe(reason);
    await expect(stream.result).rejects.toBe(reason);
    expect(trimtab.stats.running).toBe(0);
    await expect(trimtab.generate('x', { signal: AbortSignal.abort(reason) })).rejects.toBe(reason);
  });

  it('is a reader that leaves', async () => {
    const stream = trimtab.stream('leave', long(1000));
    for await (const chunk of stream) if (chunk.text !== '') break;
    await expect(stream.result).rejects.toThrow(/left/);
    expect(trimtab.stats.running).toBe(0);
  });

  it('waits for a reader that is far behind, and for room when all sequences are taken', async () => {
    const slow = trimtab.stream('slow', long(900));
    const reader = slow[Symbol.asyncIterator]();
    await reader.next();
    const others = await Promise.all(
      Array.from({ length: 20 }, (_, i) => trimtab.generate(`${i}`, long(10))),
    );
    expect(others).toHaveLength(20);
    let count = 1;
    for (let next = await reader.next(); next.done !== true; next = await reader.next()) {
      count += next.value.tokens.length;
      if (count === 400) await new Promise((resolve) => setTimeout(resolve, 20));
    }
    expect(count).toBe(900);
  });
});

describe('bad input', () => {
  it.each<[string, () => Promise<unknown>, RegExp]>([
    ['an unknown param', () => trimtab.generate('x', { params: { alhpa: 1 } }), /alhpa.*alpha/s],
    [
      'a param out of range',
      () => trimtab.generate('x', { params: { alpha: 9 } }),
      /alpha.*0 to 2.*9/s,
    ],
    [
      'a param that is no number',
      () => trimtab.generate('x', { params: { alpha: Number.NaN } }),
      /alpha.*NaN/s,
    ],
    [
      'an unknown option',
      () => trimtab.generate('x', { topk: 3 } as GenerateOptions),
      /topk.*topK/s,
    ],
    [
      'a sampling option out of range',
      () => trimtab.generate('x', { temperature: -1 }),
      /temperature.*-1/s,
    ],
    ['an unknown model', () => trimtab.generate('x', { only: 'exprt' }), /exprt.*expert/s],
    ['a bias for no token', () => trimtab.generate('x', { logitBias: { 512: 1 } }), /512/],
    ['an empty conversation', () => trimtab.generate({ messages: [] }), /no messages/],
    [
      'an unknown role',
      () => trimtab.generate({ messages: [{ role: 'bot' as 'user', content: '' }] }),
      /role.*bot/s,
    ],
    ['token ids outside', () => trimtab.generate({ tokens: [1, 600] }), /600.*511/s],
    ['maxTokens 0', () => trimtab.generate('x', { maxTokens: 0 }), /maxTokens.*0/],
  ])('%s is refused', async (_, run, message) => {
    await expect(run()).rejects.toThrow(InvalidOptionError);
    await expect(run()).rejects.toThrow(message);
  });

  it('a prompt longer than the context is refused with the numbers', async () => {
    await expect(trimtab.generate('tea '.repeat(2000))).rejects.toThrow(/\d{4} tokens.*1024/s);
    await expect(trimtab.generate('tea '.repeat(2000))).rejects.toThrow(ContextLengthError);
  });

  it('models of different tokenizers are refused with the first differing token', async () => {
    const other = await writeTinyModel(folder.path, 'other', {
      vocabulary: createVocabulary(512, 99),
    });
    const recipe = proxyTuning({
      models: {
        base: { file: files.base, prompt: 'raw' },
        expert: { file: other, prompt: 'raw' },
        antiExpert: { file: files.antiExpert, prompt: 'raw' },
      },
    });
    await expect(LoadedRecipe.load(recipe)).rejects.toThrow(VocabularyMismatchError);
  });

  it('a model without a chat template must be said to be raw', async () => {
    const bare = await writeTinyModel(folder.path, 'bare', {
      metadata: [['tokenizer.chat_template', string('')]],
    });
    const recipe = resolveRecipe(
      { models: { bare: { file: bare } }, base: 'bare' },
      { directory: folder.path },
    );
    await expect(LoadedRecipe.load(recipe)).rejects.toThrow(RecipeError);
  });

  it('a model that gives NaN is named, with the position, and others go on', async () => {
    const broken = path.join(folder.path, 'broken.gguf');
    await dequantizeFile(files.expert, path.join(folder.path, 'plain.gguf'));
    await copyWithNaN(path.join(folder.path, 'plain.gguf'), broken, 'output_norm.weight');
    const recipe = proxyTuning({
      models: {
        base: { file: files.base, prompt: 'raw' },
        expert: { file: broken, prompt: 'raw' },
        antiExpert: { file: files.antiExpert, prompt: 'raw' },
      },
    });
    await using faulty = await LoadedRecipe.load(recipe);
    const [composed, base] = await Promise.allSettled([
      faulty.generate({ tokens: [1, 2, 3] }, long(5)),
      faulty.generate({ tokens: [1, 2, 3] }, { ...long(5), only: 'base' }),
    ]);
    expect(composed).toMatchObject({ reason: { code: 'non_finite_logits' } });
    expect(String(composed.status === 'rejected' && composed.reason)).toMatch(
      /expert.*position 3/s,
    );
    expect(base.status).toBe('fulfilled');
    await expect(faulty.score('x', 'y')).rejects.toThrow(/expert/);
  });

  it('a recipe beyond the memory is refused before it is loaded, with what takes how much', async () => {
    const loading = LoadedRecipe.load(proxyTuning(), { memoryLimitBytes: 10 * 2 ** 20 });
    await expect(loading).rejects.toThrow(
      /needs about \d+ MiB and there are 10 MiB.*base: weights/s,
    );
    await expect(loading).rejects.toThrow(InsufficientMemoryError);
  });

  it('a file that is missing or forged is an error, and the engine loads again', async () => {
    const models = (expert: string) => ({
      models: { base: files.base, expert: { file: expert }, antiExpert: files.antiExpert },
    });
    await expect(LoadedRecipe.load(proxyTuning(models('absent.gguf')))).rejects.toThrow(
      /absent\.gguf/,
    );
    const forged = path.join(folder.path, 'forged.gguf');
    const bytes = await readFile(files.expert);
    bytes.writeBigUInt64LE(2n ** 60n, 8); // the count of tensors
    await writeFile(forged, bytes);
    await expect(LoadedRecipe.load(proxyTuning(models(forged)))).rejects.toThrow(GgufError);
    await using again = await LoadedRecipe.load(proxyTuning());
    expect(again.models).toHaveLength(3);
  });

  it('a broken template is refused, and the next prompt works', async () => {
    const recipe = resolveRecipe(
      {
        models: {
          base: { file: files.base, prompt: { template: '{{ messages[0].content }}{% if' } },
          looping: {
            file: files.base,
            prompt: {
              template:
                '{% for i in range(99999) %}{% for j in range(99999) %}{% endfor %}{% endfor %}',
            },
          },
          good: { file: files.base },
        },
        base: 'base',
      },
      { directory: folder.path },
    );
    await using templates = await LoadedRecipe.load(recipe);
    await expect(templates.generate('x')).rejects.toThrow(TemplateError);
    await expect(templates.generate('x', { only: 'looping' })).rejects.toThrow(TemplateError);
    expect((await templates.generate('x', { only: 'good', ...long(2) })).tokens).toHaveLength(2);
  });

  it('sequences beyond the batch are refused with what to change', async () => {
    const recipe = proxyTuning({ engine: { ...settings, batchSize: 8 } });
    await expect(LoadedRecipe.load(recipe)).rejects.toThrow(/batchSize.*16/s);
  });
});

/** A copy of an F32 file with one tensor's first value replaced by NaN. */
async function copyWithNaN(source: string, target: string, tensor: string): Promise<void> {
  const { dataOffset, tensors } = await readGgufHeader(source);
  const bytes = await readFile(source);
  bytes.writeFloatLE(Number.NaN, dataOffset + tensors.get(tensor)!.offset);
  await writeFile(target, bytes);
}

describe('vocabularies', () => {
  it('a permuted and a padded pair steer as the plain one does', async () => {
    const vocabulary = createVocabulary(512, 1);
    const shape = { embeddingLength: 32, headCount: 1 };
    const permuted = await writeTinyModel(folder.path, 'permuted', {
      ...shape,
      seed: 2,
      vocabulary: permuteVocabulary(vocabulary, 5),
    });
    const padded = await writeTinyModel(folder.path, 'padded', {
      ...shape,
      seed: 3,
      vocabSize: 520,
      vocabulary: padVocabulary(vocabulary, 8),
    });
    await using mapped = await LoadedRecipe.load(
      proxyTuning({
        models: {
          base: { file: files.base, prompt: 'raw' },
          expert: { file: permuted, prompt: 'raw' },
          antiExpert: { file: padded, prompt: 'raw' },
        },
      }),
    );
    expect(mapped.models[1]!.vocabularyReport).not.toBe(mapped.models[0]!.vocabularyReport);
    const options = { ...long(60), logprobs: true };
    const [plain, aligned] = [
      await trimtab.generate('map', options),
      await mapped.generate('map', options),
    ];
    expect(ids(aligned)).toEqual(ids(plain));
  });
});

describe('prompt views', () => {
  it('two views of one file share its weights and run as rows of one batch', async () => {
    const recipe = resolveRecipe(
      {
        models: {
          conditioned: { file: files.base },
          unconditioned: { file: files.base, system: null },
        },
        base: 'conditioned',
        formula: 'gamma * logp(conditioned) + (1 - gamma) * logp(unconditioned)',
        params: { gamma: { default: 1.5, min: 0, max: 5 } },
        sampling: { temperature: 0 },
        engine: settings,
      },
      { directory: folder.path },
    );
    await using guided = await LoadedRecipe.load(recipe);
    const messages = [
      { role: 'system', content: 'tea' },
      { role: 'user', content: 'more' },
    ] as const;
    const before = guided.stats.decodes;
    const answer = await guided.generate({ messages }, long(20));
    expect(guided.stats.decodes - before).toBe(20);
    const { conditioned, unconditioned } = answer.usage.models;
    expect(conditioned!.promptTokens).toBeGreaterThan(unconditioned!.promptTokens);
    // Without a system message both views are the same prompt: one lane, and the plain model's answer.
    const same = await guided.generate('more', long(20));
    const alone = await guided.generate('more', { ...long(20), only: 'conditioned' });
    expect(ids(same)).toEqual(ids(alone));
  });
});

describe('an engine', () => {
  it('loads equal weights once, runs several recipes, and frees what nobody uses', async () => {
    const loaded: string[] = [];
    const counting: ModelLoader = (source, options) => {
      loaded.push(path.basename(source.path));
      return loadModel(source.path, options);
    };
    await using engine = new Engine({ loader: counting });
    const [first, second] = await Promise.all([
      engine.load(proxyTuning()),
      engine.load(proxyTuning({ name: 'other', params: { alpha: 0.5 } })),
    ]);
    expect(loaded).toEqual(['base.gguf', 'expert.gguf', 'anti.gguf']);
    const [one, two] = await Promise.all([
      first.generate('shared', long(30)),
      second.generate('shared', { ...long(30), params: { alpha: 1 } }),
    ]);
    expect(ids(one)).toEqual(ids(two));
    await first[Symbol.asyncDispose]();
    expect(ids(await second.generate('shared', { ...long(30), params: { alpha: 1 } }))).toEqual(
      ids(one),
    );
    await second[Symbol.asyncDispose]();
    expect(engine.stats.kvCells).toBe(0);
    await using again = await engine.load(proxyTuning());
    expect(loaded).toHaveLength(6);
    expect(again.stats.kvCells).toBe(3 * 16 * 1024);
  });

  it('refuses what its queue does not hold', async () => {
    await using engine = new Engine({ maxQueue: 2 });
    const small = await engine.load(
      proxyTuning({ engine: { maxSequences: 1, threads: 1, contextLength: 512 } }),
    );
    const results = await Promise.allSettled(
      Array.from({ length: 5 }, (_, i) => small.generate(`${i}`, long(20))),
    );
    const refused = results.filter(({ status }) => status === 'rejected');
    expect(refused).toHaveLength(3);
    expect(refused[0]).toMatchObject({ reason: { code: 'queue_full', retryAfterSeconds: 1 } });
    expect((await small.generate('next', long(3))).tokens).toHaveLength(3);
  });

  it('starts a request of many lanes before later ones of few', async () => {
    const recipe = resolveRecipe(
      {
        models: {
          first: { file: files.base, system: 'a' },
          second: { file: files.base, system: 'b' },
        },
        base: 'first',
        formula: 'first + second',
        engine: { maxSequences: 1, threads: 1, contextLength: 512 },
      },
      { directory: folder.path },
    );
    await using both = await LoadedRecipe.load(recipe);
    const order: string[] = [];
    const ask = (name: string, tokens: number, only?: string) =>
      both.generate(name, { ...long(tokens), ...(only && { only }) }).then(() => order.push(name));
    // Two lanes in all: one is taken; the next request needs both, and is not to be overtaken.
    const first = [ask('one', 50, 'first'), ask('two', 6)];
    while (both.stats.running < 1 || both.stats.queued < 1) {
      await new Promise((resolve) => setImmediate(resolve));
    }
    await Promise.all([...first, ask('three', 6, 'first'), ask('four', 6, 'second')]);
    expect(order.slice(0, 2)).toEqual(['one', 'two']);
  });

  it('never shows one owner what another has computed', async () => {
    await using engine = new Engine();
    const recipe = await engine.load(proxyTuning());
    const prompt = 'the secret of the first owner '.repeat(10);
    const cachedFor = async (owner: string) =>
      (await recipe.generate(prompt, { ...long(2), owner })).usage.models['base']!.cachedTokens;
    expect(await cachedFor('first')).toBe(0);
    expect(await cachedFor('second')).toBe(0);
    expect(await cachedFor('first')).toBeGreaterThan(0);
    expect(engine.stats.cachedPromptTokens).toBeGreaterThan(0);
    expect(engine.stats.kvCellsUsed).toBeGreaterThan(0);
  });
});

it('a crowd of requests, many of them aborted, gives what each gives alone, and leaves nothing behind', async () => {
  await using crowded = await LoadedRecipe.load(
    proxyTuning({ engine: { ...settings, maxSequences: 3 } }),
  );
  await using quiet = await LoadedRecipe.load(
    proxyTuning({ engine: { ...settings, maxSequences: 1 } }),
  );
  const beginnings = [
    '',
    'tea and ',
    'a much longer beginning that several of them share, word for word, ',
  ];
  const draw = (i: number, k: number, below: number) => Math.floor(uniformAt(i, k) * below);
  const requests = Array.from({ length: 90 }, (_, i) => ({
    prompt: `${beginnings[draw(i, 0, 3)]!.repeat(1 + draw(i, 1, 3))}${draw(i, 2, 4)}`,
    options: {
      ...long(1 + draw(i, 3, 24)),
      temperature: draw(i, 4, 2),
      seed: i,
      params: { alpha: draw(i, 5, 3) / 2 },
      owner: `${draw(i, 6, 2)}`,
    },
    isAborted: draw(i, 7, 4) === 0,
  }));
  const outcomes = await Promise.allSettled(
    requests.map(async ({ prompt, options, isAborted }, i) => {
      const controller = new AbortController();
      const stream = crowded.stream(prompt, { ...options, signal: controller.signal });
      let count = 0;
      for await (const chunk of stream) {
        count += chunk.tokens.length;
        if (isAborted && count > draw(i, 8, 12)) controller.abort(new Error('aborted'));
      }
      return stream.result;
    }),
  );
  expect(crowded.stats).toMatchObject({ running: 0, queued: 0 });
  const failures = outcomes.flatMap((outcome, i) =>
    outcome.status === 'rejected' ? [[requests[i]!.isAborted, String(outcome.reason)]] : [],
  );
  expect(failures).toEqual(failures.map(() => [true, 'Error: aborted']));
  let compared = 0;
  for (const [i, outcome] of outcomes.entries()) {
    if (outcome.status === 'rejected') continue;
    const { prompt, options } = requests[i]!;
    const alone = await quiet.generate(prompt, { ...options, owner: `${i}` });
    expect(ids(outcome.value)).toEqual(ids(alone));
    compared++;
  }
  expect(compared).toBeGreaterThan(50);
});

it('turns text into tokens and back, of the base or of one model', () => {
  const tokens = trimtab.tokenize('tea — <|user|>', { addSpecial: true, parseSpecial: true });
  expect(tokens[0]).toBe(256);
  expect(trimtab.detokenize(tokens)).toBe('tea — ');
  expect(trimtab.detokenize(trimtab.tokenize('<|user|>', { only: 'expert' }))).toBe('<|user|>');
  expect(() => trimtab.tokenize('x', { only: 'nobody' })).toThrow(InvalidOptionError);
  expect(() => trimtab.detokenize([600])).toThrow(InvalidOptionError);
});

it('a disposed recipe ends what runs and refuses what comes', async () => {
  const closing = await LoadedRecipe.load(proxyTuning());
  const [ended] = await Promise.allSettled([
    closing.generate('closing', long(1000)),
    new Promise((resolve) => setTimeout(resolve, 5)).then(() => closing[Symbol.asyncDispose]()),
  ]);
  expect(String(ended.status === 'rejected' && ended.reason)).toMatch(/disposed/);
  await expect(closing.generate('more')).rejects.toThrow(/disposed/);
});
