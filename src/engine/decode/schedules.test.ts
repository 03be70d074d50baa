import { afterAll, beforeAll, describe, expect, it } from 'vitest';

import { chaoticLogits } from '../../../test/support/fake-model/chaotic-logits.ts';
import { fakeLoader, type FakeLoader } from '../../../test/support/fake-model/fake-loader.ts';
import { fakeRecipe } from '../../../test/support/fake-model/fake-recipe.ts';
import { pieceVocabulary } from '../../../test/support/piece-vocabulary.ts';
import { functionReward } from '../../reward/index.ts';
import {
  InvalidOptionError,
  type GenerateOptions,
  type GenerationResult,
  type TokenId,
} from '../../spec/index.ts';
import { LoadedRecipe } from '../loaded-recipe.ts';

const vocabulary = pieceVocabulary(Array.from('abcdefgh', (letter) => Buffer.from(letter)));
const plain = (salt: number) => chaoticLogits(vocabulary, { salt });
/** Now sure of itself, now not: its logits are stretched by what comes before. */
const base = (tokens: readonly TokenId[]) => {
  const row = plain(1)(tokens);
  return row.map((logit) => (logit < -50 ? logit : logit * ((tokens.length % 4) / 2)));
};
const logitsOf = { base, expert: plain(2), anti: plain(3) };

const prompt = 'abc';
const cap = 1.5;
const greedy = { maxTokens: 12, trace: true } satisfies GenerateOptions;
const matched = { schedules: { alpha: { match: 'kl' } } } as const;
const junctions = { schedules: { alpha: { junctions: 1.5 } } } as const;

let fake: FakeLoader;
let trimtab: LoadedRecipe;
beforeAll(async () => {
  const fakes = Object.entries(logitsOf).map(([name, logits]) => [name, { vocabulary, logits }]);
  fake = fakeLoader(Object.fromEntries(fakes) as Parameters<typeof fakeLoader>[0]);
  const recipe = fakeRecipe({
    models: Object.fromEntries(
      Object.keys(logitsOf).map((name) => [name, { file: `${name}.gguf`, prompt: 'raw' }]),
    ),
    formula: 'base + alpha * (expert - anti)',
    params: { alpha: { default: cap, schedule: { match: 'kl', junctions: 1 } } },
    speculation: 'auto',
  });
  const reward = functionReward({
    name: 'likes',
    score: (texts) => texts.map((text) => (text.endsWith('d') ? 1 : 0)),
  });
  trimtab = await LoadedRecipe.load(recipe, {
    loader: fake.loader,
    rewards: { likes: { reward, weight: 0 } },
  });
});
afterAll(() => trimtab[Symbol.asyncDispose]());

const generate = (options: GenerateOptions) => trimtab.generate(prompt, { ...greedy, ...options });

function logSoftmax(x: readonly number[]): number[] {
  const max = Math.max(...x);
  const logZ = max + Math.log(x.reduce((sum, each) => sum + Math.exp(each - max), 0));
  return x.map((each) => each - logZ);
}

function divergence(a: readonly number[], b: readonly number[]): number {
  const [p, q] = [logSoftmax(a), logSoftmax(b)];
  return p.reduce((sum, each, i) => sum + Math.exp(each) * (each - q[i]!), 0);
}

const entropy = (x: readonly number[]) =>
  -logSoftmax(x).reduce((sum, each) => sum + Math.exp(each) * each, 0);

/** By halving alone. */
function matchingAlpha(tokens: readonly TokenId[]): number {
  const [b, e, a] = [base(tokens), logitsOf.expert(tokens), logitsOf.anti(tokens)];
  const composed = (alpha: number) => b.map((x, i) => x + alpha * (e[i]! - a[i]!));
  const target = divergence(e, a);
  if (divergence(composed(cap), b) <= target) return cap;
  let [low, high] = [0, cap];
  for (let step = 0; step < 60; step++) {
    const middle = (low + high) / 2;
    if (divergence(composed(middle), b) <= target) low = middle;
    else high = middle;
  }
  return low;
}

/** The rows' tokens before each token of an answer. */
function prefixes(answer: readonly { readonly tokenId: TokenId }[]): TokenId[][] {
  const asked = vocabulary.tokenize(prompt, { addSpecial: false, parseSpecial: false });
  const ids = answer.map(({ tokenId }) => tokenId);
  return ids.map((_, i) => [...asked, ...ids.slice(0, i)]);
}

describe('a param that is chosen at each token', () => {
  it('matches the divergence of the pair, token by token', async () => {
    const { tokens, steeredTokens } = await generate(matched);
    const expected = prefixes(tokens).map(matchingAlpha);
    const chosen = tokens.map(({ trace }) => trace!.params!['alpha']!);
    expect(chosen.map((alpha, i) => Math.abs(alpha - expected[i]!) < 5e-3 * expected[i]!)).toEqual(
      expected.map(() => true),
    );
    expect(new Set(chosen).size).toBeGreaterThan(3);
    expect(steeredTokens).toBe(12);
    for (const [i, { trace }] of tokens.entries()) {
      expect(trace!.terms.map(({ coefficient }) => coefficient)).toEqual([
        1,
        chosen[i]!,
        -chosen[i]!,
      ]);
    }
  });

  it('is 0 where the base is sure of itself, which then answers alone', async () => {
    const { tokens, steeredTokens } = await generate(junctions);
    const isJunction = prefixes(tokens).map((before) => entropy(base(before)) >= 1.5);
    expect(tokens.map(({ trace }) => trace!.params!['alpha'])).toEqual(
      isJunction.map((is) => (is ? cap : 0)),
    );
    const steered = isJunction.filter(Boolean).length;
    expect(steered).toBeGreaterThan(2);
    expect(steered).toBeLessThan(10);
    expect(steeredTokens).toBe(steered);
    for (const [i, { trace }] of tokens.entries()) {
      if (isJunction[i]!) continue;
      expect([trace!.shift, trace!.kl]).toEqual([0, 0]);
    }
  });

  it('follows the recipe, unless the request says otherwise', async () => {
    const both = await generate({});
    const alphas = both.tokens.map(({ trace }) => trace!.params!['alpha']!);
    const expected = prefixes(both.tokens).map((before) =>
      entropy(base(before)) < 1 ? 0 : matchingAlpha(before),
    );
    expect(alphas.map((alpha, i) => Math.abs(alpha - expected[i]!) <= 5e-3 * expected[i]!)).toEqual(
      expected.map(() => true),
    );
    expect(alphas).toContain(0);
    for (const schedules of [null, { alpha: null }]) {
      const { tokens, steeredTokens } = await generate({ schedules });
      expect(steeredTokens).toBeUndefined();
      expect(tokens.every(({ trace }) => trace!.params === undefined)).toBe(true);
      expect(tokens.every(({ trace }) => trace!.terms[1]!.coefficient === cap)).toBe(true);
    }
  });

  it('is the formula bit for bit with junctions of 0 nats', async () => {
    const all = { ...greedy, allLogprobs: true };
    const formula = await generate({ ...all, schedules: null });
    const { tokens } = await generate({ ...all, schedules: { alpha: { junctions: 0 } } });
    expect(tokens.map(({ allLogprobs }) => allLogprobs)).toEqual(
      formula.tokens.map(({ allLogprobs }) => allLogprobs),
    );
  });

  it('runs the base alone where the param is 0', async () => {
    const { usage, tokens, steeredTokens } = await generate({ params: { alpha: 0 }, trace: false });
    expect(Object.keys(usage.models)).toEqual(['base']);
    expect(steeredTokens).toBeUndefined();
    const alone = await trimtab.generate(prompt, { maxTokens: 12, only: 'base', ...matched });
    expect(tokens).toEqual(alone.tokens);
    expect(alone.steeredTokens).toBeUndefined();
  });

  it.each([matched, junctions, {}])(
    'depends on its position alone: windows of many give the same bits, %j',
    async (asked) => {
      const { tokens } = await generate(asked);
      const given = tokens.map(({ tokenId }) => tokenId);
      const scored = await trimtab.score(prompt, given, asked);
      expect(scored.tokens.map(({ logprob }) => logprob)).toEqual(
        tokens.map(({ logprob }) => logprob),
      );
      expect(scored.isGreedy).toBe(true);
    },
  );

  it.each(['base:length=4', 'expert:length=3', 'anti:length=15'])(
    'chooses the same whoever drafts: %s',
    async (speculation) => {
      const asked = { ...junctions, temperature: 1, seed: 5, maxTokens: 24 };
      const drafted = await generate({ ...asked, speculation });
      const alone = await generate({ ...asked, speculation: 'off' });
      const told = ({ tokens }: GenerationResult) =>
        tokens.map(({ tokenId, logprob, trace }) => ({ tokenId, logprob, params: trace!.params }));
      expect(told(drafted)).toEqual(told(alone));
      expect(drafted.steeredTokens).toBe(alone.steeredTokens);
      expect(drafted.usage.drafts).toBeDefined();
    },
  );

  it('comes before a KL budget and rewards, which see what it chose', async () => {
    const klBudget = { perToken: 0.02 };
    const budgeted = await generate({ ...matched, klBudget });
    expect(budgeted.kl).toBeLessThanOrEqual(12 * 0.02);
    const rewarded = {
      rewards: { likes: 4 },
      guidance: { method: 'args', candidates: 3 },
    } as const;
    const { tokens } = await generate({ ...matched, ...rewarded });
    const scored = await trimtab.score(
      prompt,
      tokens.map(({ tokenId }) => tokenId),
      matched,
    );
    // Reported log-probs are the scheduled formula's, before rewards.
    expect(tokens.map(({ logprob }) => logprob)).toEqual(
      scored.tokens.map(({ logprob }) => logprob),
    );
    // The trace's KL is the scheduled formula's; the budget leaves less of it.
    const beyond = budgeted.tokens.filter(({ trace }) => trace!.kl > 0.021);
    expect(beyond.length).toBeGreaterThan(6);
    expect(beyond.every(({ trace }) => trace!.klScale < 1)).toBe(true);
    const { tokens: some } = await generate({ ...junctions, klBudget });
    const idle = some.filter(({ trace }) => trace!.params!['alpha'] === 0);
    expect(idle.length).toBeGreaterThan(2);
    expect(idle.every(({ trace }) => trace!.klScale === 1)).toBe(true);
  });

  it('counts what is kept of an answer that is rolled back', async () => {
    const guidance = { method: 'segments', maxTokens: 3, maxTries: 3, threshold: 9 } as const;
    const { tokens, steeredTokens } = await trimtab.generate(prompt, {
      ...greedy,
      ...junctions,
      temperature: 1,
      seed: 4,
      rewards: { likes: 1 },
      guidance: guidance as GenerateOptions['guidance'] & object,
    });
    const steered = tokens.filter(({ trace }) => trace!.params!['alpha'] !== 0);
    expect(steeredTokens).toBe(steered.length);
  });

  it('is refused where the formula does not admit it', async () => {
    const refused = generate({ schedules: { alhpa: { match: 'kl' } } });
    await expect(refused).rejects.toThrow(InvalidOptionError);
    await expect(refused).rejects.toMatchObject({ option: 'schedules.alhpa' });
    await expect(generate({ schedules: { rewardWeight: { junctions: 1 } } })).rejects.toThrow(
      'a schedule is of a param of the formula, which does not use rewardWeight',
    );
  });
});
