import { afterAll, beforeAll, describe, expect, it } from 'vitest';

import {
  functionReward,
  InvalidOptionError,
  resolveRecipe,
  RewardError,
  LoadedRecipe,
  type GenerateOptions,
  type GenerationResult,
  type LoadOptions,
  type Logits,
  type RecipeDocument,
  type TokenId,
} from '../../src/index.ts';
import { arrayOfNumbers, arrayOfStrings } from '../../src/gguf/index.ts';
import { loadModel } from '../../src/llama/index.ts';
import { uniformAt } from '../../src/math/index.ts';
import { exactContext, temporaryFolder, writeTinyModel } from '../support/random-models.ts';

const width = 32;
const prompt = 'a question';
/** Two heads over one model, as a GGUF file has them. */
const headNames = ['first', 'second'];
const weights = Float32Array.from({ length: 2 * width }, (_, i) => uniformAt(9, i) - 0.5);
const biases = Float32Array.of(0.25, -0.125);

let folder: Awaited<ReturnType<typeof temporaryFolder>>;
let files: Record<'base' | 'expert' | 'antiExpert' | 'scalar' | 'next', string>;
let trimtab: LoadedRecipe;

const document = (given: Partial<RecipeDocument> = {}): RecipeDocument => ({
  name: 'rewarded',
  models: Object.fromEntries(
    Object.entries(files).map(([name, file]) => [name, { file, prompt: 'raw' }]),
  ),
  base: 'base',
  expert: 'expert',
  antiExpert: 'antiExpert',
  sampling: { temperature: 0 },
  engine: { maxSequences: 4, threads: 1, contextLength: 512 },
  rewards: {
    first: { model: 'scalar', head: 'first', scope: 'both', weight: 20 },
    second: { model: 'scalar', head: 'second', scope: 'both', weight: 0 },
    next: { nextToken: 'next', weight: 0 },
    letters: { patterns: { '[a-e]': 1 }, weight: 0 },
  },
  guidance: { method: 'args', candidates: 8 },
  ...given,
});

const load = (given: Partial<RecipeDocument> = {}, options: LoadOptions = {}) =>
  LoadedRecipe.load(resolveRecipe(document(given), { directory: folder.path }), options);

beforeAll(async () => {
  folder = await temporaryFolder();
  const small = { embeddingLength: width, headCount: 1 };
  const metadata = [
    ['trimtab.reward.heads', arrayOfStrings(headNames)],
    ['trimtab.reward.weight', arrayOfNumbers('float32', [...weights])],
    ['trimtab.reward.bias', arrayOfNumbers('float32', [...biases])],
  ] as const;
  files = {
    base: await writeTinyModel(folder.path, 'base', { seed: 1 }),
    expert: await writeTinyModel(folder.path, 'expert', { ...small, seed: 2 }),
    antiExpert: await writeTinyModel(folder.path, 'anti', { ...small, seed: 3 }),
    scalar: await writeTinyModel(folder.path, 'scalar', { ...small, seed: 4, metadata }),
    next: await writeTinyModel(folder.path, 'next', { ...small, seed: 5 }),
  };
  trimtab = await load();
});

afterAll(async () => {
  await trimtab[Symbol.asyncDispose]();
  await folder[Symbol.asyncDispose]();
});

const options = { maxTokens: 12 } as const;
const idsOf = ({ tokens }: GenerationResult): TokenId[] => tokens.map(({ tokenId }) => tokenId);

/** A model on its own, every text computed from the beginning. */
async function openReference(file: string) {
  const model = await loadModel(file);
  const context = await model.createContext({ ...exactContext, hiddenStates: true });
  const last = async (tokens: readonly TokenId[]) => {
    using sequence = context.createSequence();
    const [result] = await context.extend([{ sequence, tokens, rows: 'last' }]);
    return { row: result!.rows[0]!.slice(), hidden: result!.hiddenStates[0]!.slice() };
  };
  const tokenize = (text: string) =>
    model.vocabulary.tokenize(text, { addSpecial: true, parseSpecial: true });
  return { tokenize, last, [Symbol.dispose]: () => model[Symbol.dispose]() };
}

/** The value of the first head, in float64. */
function valueOf(hidden: Float32Array): number {
  return hidden.reduce((sum, x, i) => sum + x * weights[i]!, biases[0]!);
}

function best(row: Logits, count: number): TokenId[] {
  return [...row.keys()].toSorted((a, b) => row[b]! - row[a]! || a - b).slice(0, count);
}

describe('ARGS over a scalar reward model', () => {
  it('chooses what scoring every candidate from scratch chooses', async () => {
    const result = await trimtab.generate(prompt, { ...options, trace: true });
    using base = await openReference(files.base);
    using expert = await openReference(files.expert);
    using antiExpert = await openReference(files.antiExpert);
    using scalar = await openReference(files.scalar);
    const answer: TokenId[] = [];
    for (const { tokenId, trace } of result.tokens) {
      const text = [...base.tokenize(prompt), ...answer];
      const rows = await Promise.all([base, expert, antiExpert].map((model) => model.last(text)));
      const [b, e, a] = rows.map(({ row }) => row);
      const composed = b!.map((x, i) => x + Math.fround(Math.fround(0 + e![i]!) - a![i]!));
      const scores = new Map<TokenId, number>();
      for (const candidate of best(composed, 8)) {
        const value = valueOf((await scalar.last([...text, candidate])).hidden);
        scores.set(candidate, composed[candidate]! + 20 * value);
        if (candidate !== tokenId) continue;
        // Forks share the prefix's cells, which only changes the order of sums.
        expect(trace!.rewards[0]!.value).toBeCloseTo(value, 5);
        expect(trace!.rewards[0]).toMatchObject({ name: 'first', weight: 20 });
      }
      // The best, or what rounding cannot tell from it.
      expect(scores.get(tokenId)).toBeGreaterThan(Math.max(...scores.values()) - 1e-3);
      answer.push(tokenId);
    }
    expect(answer).toHaveLength(12);
  });

  it('costs one token of the reward model per candidate, and none again for the chosen one', async () => {
    const before = trimtab.stats.decodedTokens;
    const { usage } = await trimtab.generate('never asked', {
      maxTokens: 6,
      speculation: 'off',
    });
    const tokens = trimtab.stats.decodedTokens - before;
    const models = Object.values(usage.models);
    const read = models.reduce(
      (sum, { promptTokens, cachedTokens }) => sum + promptTokens - cachedTokens,
      0,
    );
    // Three models compose five more tokens; the reward model reads the prompt, and eight candidates
    // for each of six tokens; the last one is scored once more as the end of the answer.
    expect(tokens).toBe(read + 3 * 5 + usage.promptTokens + 6 * 8 + 1);
  });

  it('is exactly the recipe without rewards at weight 0, greedy and sampled', async () => {
    await using plain = await load({ rewards: {} });
    for (const temperature of [0, 1]) {
      const sampling = { ...options, temperature, seed: 7, topLogprobs: 3 };
      const expected = await plain.generate(prompt, sampling);
      const off = await trimtab.generate(prompt, { ...sampling, params: { rewardWeight: 0 } });
      const each = await trimtab.generate(prompt, { ...sampling, rewards: { first: 0 } });
      expect(off.tokens).toEqual(expected.tokens);
      expect(each.tokens).toEqual(expected.tokens);
    }
    expect(idsOf(await trimtab.generate(prompt, options))).not.toEqual(
      idsOf(await plain.generate(prompt, options)),
    );
  });

  it('answers many at once as it answers each alone', async () => {
    const prompts = ['one', 'two words', 'three words here', 'four'];
    const alone: TokenId[][] = [];
    for (const each of prompts) alone.push(idsOf(await trimtab.generate(each, options)));
    const together = await Promise.all(prompts.map((each) => trimtab.generate(each, options)));
    expect(together.map(idsOf)).toEqual(alone);
  });

  it('answers the same where others take its lanes in the middle', async () => {
    const ask = (i: number) =>
      trimtab.generate(`${i}`, {
        maxTokens: 30,
        rewards: { first: 20, next: 1, letters: 1 },
        request: 'large',
      });
    const alone = [];
    for (let i = 0; i < 6; i++) alone.push(await ask(i));
    const large = alone.map((_, i) => ask(i));
    for (let round = 0; round < 5; round++) {
      await Promise.all([0, 1, 2].map((i) => trimtab.generate(`${round} ${i}`, { maxTokens: 2 })));
    }
    expect(trimtab.stats.running).toBeGreaterThan(0); // all this was beside the large one
    for (const [i, { tokens, rewards }] of (await Promise.all(large)).entries()) {
      expect(tokens).toEqual(alone[i]!.tokens);
      // Forks share the prefix's cells, which only changes the order of sums.
      expect(rewards!['first']).toBeCloseTo(alone[i]!.rewards!['first']!, 4);
    }
  });

  it('scores more candidates than its context has places for', async () => {
    const many = { ...options, guidance: { method: 'args', candidates: 200 } } as const;
    const { rewards, tokens } = await trimtab.generate(prompt, { ...many, trace: true });
    expect(tokens).toHaveLength(12);
    expect(rewards!['first']).toBeGreaterThan(
      (
        await trimtab.generate(prompt, {
          ...options,
          rewards: { first: 0 },
          reportRewards: ['first'],
        })
      ).rewards!['first']!,
    );
  });
});

describe('other rewards', () => {
  it('reads the values of all next tokens from one row of a one-call model', async () => {
    const guided = { ...options, trace: true, rewards: { first: 0, next: 3 } } as const;
    const { tokens, rewards } = await trimtab.generate(prompt, guided);
    using next = await openReference(files.next);
    const answer: TokenId[] = [];
    for (const { tokenId, trace } of tokens) {
      const { row } = await next.last([...next.tokenize(prompt), ...answer]);
      expect(trace!.rewards).toHaveLength(1);
      expect(trace!.rewards[0]!.value).toBeCloseTo(row[tokenId]!, 4);
      answer.push(tokenId);
    }
    expect(rewards!['next']).toBeCloseTo(tokens.at(-1)!.trace!.rewards[0]!.value, 6);
  });

  it('adds what one view of a model finds likelier than another', async () => {
    await using drift = await load({
      models: {
        base: { file: files.base, prompt: 'raw' },
        plain: { file: files.expert, prompt: 'raw' },
        asked: { file: files.expert, prompt: 'raw', system: 'Be odd.' },
      },
      formula: 'base',
      expert: undefined,
      antiExpert: undefined,
      rewards: {
        odd: { attribute: 'asked', neutral: 'plain', weight: 2 },
        mean: { attribute: 'asked', neutral: 'plain', weight: 0, answerTokens: 7 },
      },
    });
    const { tokens, rewards } = await drift.generate(prompt, {
      ...options,
      trace: true,
      reportRewards: ['mean'],
    });
    using small = await openReference(files.expert);
    const answer: TokenId[] = [];
    let sum = 0;
    for (const { tokenId, trace } of tokens) {
      const asked = await small.last([...small.tokenize(`Be odd.\n\n${prompt}`), ...answer]);
      const plain = await small.last([...small.tokenize(prompt), ...answer]);
      sum += logprob(asked.row, tokenId) - logprob(plain.row, tokenId);
      expect(trace!.rewards[0]!.value).toBeCloseTo(sum, 3);
      answer.push(tokenId);
    }
    expect(rewards!['odd']).toBeCloseTo(sum, 3);
    expect(rewards!['mean']).toBeCloseTo(sum / tokens.length, 4);
  });

  it('takes rewards in code, sums what guides, and reports what judges', async () => {
    const reward = functionReward({
      name: 'vowels',
      score: (texts) => texts.map((text) => text.match(/[aeiou]/g)?.length ?? 0),
    });
    await using given = await load({}, { rewards: { vowels: { reward, weight: 5 } } });
    const result = await given.generate(prompt, {
      ...options,
      trace: true,
      rewards: { first: 1, letters: 2 },
      reportRewards: ['second', 'letters'],
    });
    expect(Object.keys(result.rewards!).toSorted()).toEqual([
      'first',
      'letters',
      'second',
      'vowels',
    ]);
    expect(result.rewards!['letters']).toBe(result.text.match(/[a-e]/g)?.length ?? 0);
    expect(result.rewards!['vowels']).toBe(result.text.match(/[aeiou]/g)?.length ?? 0);
    const [token] = result.tokens;
    expect(token!.trace!.rewards.map(({ name, weight }) => [name, weight])).toEqual([
      ['first', 1],
      ['letters', 2],
      ['vowels', 5],
    ]);
  });

  it('clamps values to 0..1 as RAD does', async () => {
    const guidance = { method: 'rad', candidates: 8 } as const;
    const rewards = { first: 0, letters: 1e-6 };
    const asked = { ...options, guidance, rewards, trace: true };
    const { tokens } = await trimtab.generate(prompt, asked);
    const values = tokens.map(({ trace }) => trace!.rewards[0]!.value);
    expect(values.every((value) => value >= 0 && value <= 1)).toBe(true);
    expect(new Set(values)).toEqual(new Set([0, 1]));
  });
});

describe('rewards of whole answers', () => {
  const sampled = { ...options, temperature: 1, seed: 3 } as const;

  it('takes the best of n answers', async () => {
    const guidance = { method: 'best-of', n: 4 } as const;
    const chosen = await trimtab.generate(prompt, { ...sampled, guidance });
    const each = await Promise.all(
      [3, 4, 5, 6].map((seed) =>
        trimtab.generate(prompt, {
          ...sampled,
          seed,
          rewards: { first: 0 },
          reportRewards: ['first'],
        }),
      ),
    );
    const values = each.map(({ rewards }) => rewards!['first']!);
    expect(chosen.text).toBe(each[values.indexOf(Math.max(...values))]!.text);
    expect(chosen.usage.completionTokens).toBe(48);
    let streamed = '';
    for await (const { text } of trimtab.stream(prompt, { ...sampled, guidance })) streamed += text;
    expect(streamed).toBe(chosen.text);
  });

  it('accepts every segment that reaches the threshold, and then nothing has changed', async () => {
    const guidance = segments({ threshold: -1e6 });
    const plain = await trimtab.generate(prompt, { ...sampled, rewards: { first: 0 } });
    const kept = await trimtab.generate(prompt, { ...sampled, guidance });
    expect(idsOf(kept)).toEqual(idsOf(plain));
  });

  it('takes the best try of each segment when none is good enough', async () => {
    const guidance = segments({ threshold: 1e6, maxTries: 4, maxTokens: 12, entropy: 100 });
    const { rewards, text } = await trimtab.generate(prompt, { ...sampled, guidance });
    let streamed = '';
    for await (const chunk of trimtab.stream(prompt, { ...sampled, guidance }))
      streamed += chunk.text;
    expect(streamed).toBe(text);
    const once = await trimtab.generate(prompt, {
      ...sampled,
      rewards: { first: 0 },
      reportRewards: ['first'],
    });
    expect(rewards!['first']).toBeGreaterThanOrEqual(once.rewards!['first']!);
    // The same seed gives the same answer.
    expect((await trimtab.generate(prompt, { ...sampled, guidance })).text).toBe(text);
  });

  it('refuses to choose among samples that are all the same', async () => {
    for (const guidance of [segments({}), { method: 'best-of', n: 3 } as const]) {
      await expect(trimtab.generate(prompt, { ...options, guidance })).rejects.toThrow(
        InvalidOptionError,
      );
    }
  });

  function segments(given: object) {
    const defaults = { entropy: 3, threshold: 0, beta: 0.5, maxTokens: 4, maxTries: 3 };
    return { method: 'segments', ...defaults, ...given } as const;
  }
});

describe('the KL budget', () => {
  it('holds at every token and over the answer, with and without rewards', async () => {
    const free = await trimtab.generate(prompt, { ...options, klBudget: { perToken: 1e9 } });
    expect(free.kl).toBeGreaterThan(1);
    for (const rewards of [{ first: 0 }, {}] as Record<string, number>[]) {
      const tight = { ...options, rewards, trace: true, klBudget: { perToken: 0.05 } };
      const perToken = await trimtab.generate(prompt, tight);
      expect(perToken.kl).toBeLessThanOrEqual(12 * 0.05);
      expect(perToken.kl).toBeGreaterThan(0.05);
      expect(Math.min(...perToken.tokens.map(({ trace }) => trace!.klScale))).toBeLessThan(1);
      const perAnswer = await trimtab.generate(prompt, { ...tight, klBudget: { perAnswer: 0.2 } });
      expect(perAnswer.kl).toBeLessThanOrEqual(0.2);
    }
  });

  it('leaves the base bit for bit at 0, and everything where it does not bind', async () => {
    const base = await trimtab.generate(prompt, { ...options, only: 'base' });
    const nothing = await trimtab.generate(prompt, {
      ...options,
      klBudget: { perToken: 0 },
      rewards: { first: 0 },
    });
    expect(idsOf(nothing)).toEqual(idsOf(base));
    expect(nothing.kl).toBe(0);
    const steered = await trimtab.generate(prompt, options);
    const unbound = await trimtab.generate(prompt, { ...options, klBudget: { perAnswer: 1e9 } });
    expect(idsOf(unbound)).toEqual(idsOf(steered));
  });
});

describe('faults of rewards', () => {
  const failing: [string, Parameters<typeof functionReward>[0]['score'], RegExp][] = [
    [
      'throws',
      () => {
        throw new TypeError('no such word');
      },
      /no such word/,
    ],
    ['hangs', () => new Promise(() => {}), /longer than 50 ms/],
    ['gives NaN', (texts) => texts.map(() => NaN), /NaN/],
    ['gives too few', () => [1], /8/],
  ];
  it.each(failing)(
    'a reward that %s fails its request by name, and only that',
    async (_, score, message) => {
      const reward = functionReward({ name: 'mine', score });
      await using faulty = await load({}, { rewards: { mine: { reward, timeoutMs: 50 } } });
      const failed = faulty.generate(prompt, options);
      await expect(failed).rejects.toThrow(RewardError);
      await expect(failed).rejects.toThrow(message);
      await expect(failed).rejects.toThrow(/mine/);
      const { tokens } = await faulty.generate(prompt, { ...options, rewards: { mine: 0 } });
      expect(tokens).toHaveLength(12);
    },
  );

  it('names an unknown reward, a bad weight, and a module that was not allowed', async () => {
    const asked = (given: GenerateOptions) => trimtab.generate(prompt, { ...options, ...given });
    await expect(asked({ rewards: { frist: 1 } })).rejects.toThrow(/frist.*first/s);
    await expect(asked({ rewards: { first: NaN } })).rejects.toThrow(/first/);
    await expect(asked({ reportRewards: ['secnd'] })).rejects.toThrow(/second/);
    const own = { module: `${folder.path}/own.mjs`, scope: 'both' } as const;
    await expect(load({ rewards: { own } })).rejects.toThrow(/allowModules/);
  });

  it('stops within a token when it is aborted while a reward takes its time', async () => {
    const reward = functionReward({ name: 'slow', score: () => new Promise(() => {}) });
    await using slow = await load({}, { rewards: { slow: { reward, timeoutMs: 60_000 } } });
    const abort = new AbortController();
    const running = slow.generate(prompt, { ...options, signal: abort.signal });
    setTimeout(() => abort.abort(new Error('enough')), 50);
    await expect(running).rejects.toThrow('enough');
    expect(slow.stats.running).toBe(0);
  });
});

function logprob(row: Logits, tokenId: TokenId): number {
  const max = Math.max(...row);
  const sum = row.reduce((total, x) => total + Math.exp(x - max), 0);
  return row[tokenId]! - max - Math.log(sum);
}
