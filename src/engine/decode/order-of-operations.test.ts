import { mkdtemp, rm } from 'node:fs/promises';
import { tmpdir } from 'node:os';
import path from 'node:path';

import * as fc from 'fast-check';
import { afterAll, beforeAll, describe, expect, it } from 'vitest';

import { chaoticLogits } from '../../../test/support/fake-model/chaotic-logits.ts';
import { fakeLoader } from '../../../test/support/fake-model/fake-loader.ts';
import { fakeRecipe } from '../../../test/support/fake-model/fake-recipe.ts';
import { writeHeads } from '../../../test/support/fake-model/write-heads.ts';
import { pieceVocabulary } from '../../../test/support/piece-vocabulary.ts';
import { functionReward } from '../../reward/index.ts';
import type {
  GenerateOptions,
  GenerationResult,
  Guidance,
  KlBudget,
  TokenId,
} from '../../spec/index.ts';
import { LoadedRecipe } from '../loaded-recipe.ts';

// A plain reference, in doubles and from the documents alone, checks every token of an answer against
// what came before it: docs/adr/0002-order-of-operations.md.

const letters = 'abcdefg\n';
const vocabulary = pieceVocabulary(Array.from(letters, (letter) => Buffer.from(letter)));
const end = vocabulary.special.eos!;
/** Of float32 rows, in nats. */
const rounding = 2e-4;

const logitsOf = {
  base: chaoticLogits(vocabulary, { salt: 1, endBias: -1.5 }),
  expert: chaoticLogits(vocabulary, { salt: 2, endBias: -1.5 }),
  caller: chaoticLogits(vocabulary, { salt: 3 }),
  drift: chaoticLogits(vocabulary, { salt: 4 }),
};
const hiddenState = (tokens: readonly TokenId[]) =>
  chaoticLogits(vocabulary, { salt: 5 })(tokens).slice(0, 4);
const heads = { warm: [0.5, -0.25, 0.125, 1], dry: [-1, 0.5, 0.25, 0] };
const systems = { high: 'gg', low: 'ff' };

/** Any number from -1 to 2 for a text. */
function textValue(text: string, isWhole: boolean): number {
  let hash = isWhole ? 17 : 5;
  for (const letter of text) hash = (Math.imul(hash, 31) + letter.charCodeAt(0)) >>> 0;
  return ((Math.imul(hash, 2654435761) >>> 8) % 3000) / 1000 - 1;
}

const normalization = { mean: 0.25, deviation: 0.5 };
const names = ['text', 'caller', 'drift', 'warm', 'dry'] as const;
type Name = (typeof names)[number];

let folder: string;
let trimtab: LoadedRecipe;
beforeAll(async () => {
  folder = await mkdtemp(path.join(tmpdir(), 'trimtab-order-'));
  const headFile = path.join(folder, 'heads.json');
  await writeHeads(headFile, heads);
  const fakes = Object.entries(logitsOf).map(([name, logits]) => [name, { vocabulary, logits }]);
  const { loader } = fakeLoader({
    ...(Object.fromEntries(fakes) as object),
    judge: { vocabulary, hiddenState },
  });
  const raw = (file: string, system?: string) =>
    ({ file, prompt: 'raw', ...(system !== undefined && { system }) }) as const;
  const recipe = fakeRecipe({
    models: {
      base: raw('base.gguf'),
      expert: raw('expert.gguf'),
      caller: raw('caller.gguf'),
      high: raw('drift.gguf', systems.high),
      low: raw('drift.gguf', systems.low),
      judge: raw('judge.gguf'),
    },
    formula: 'base + alpha * (expert - base)',
    params: { alpha: { default: 0.5, min: 0, max: 4 } },
    rewards: {
      caller: { nextToken: 'caller', weight: 0 },
      drift: { attribute: 'high', neutral: 'low', weight: 0 },
      warm: { model: 'judge', head: 'warm', headFile, scope: 'both', weight: 0 },
      dry: { model: 'judge', head: 'dry', headFile, scope: 'both', weight: 0 },
    },
  });
  const reward = functionReward({
    name: 'text',
    score: (texts, { isWhole }) => texts.map((text, i) => textValue(text, isWhole[i]!)),
  });
  const rewards = { text: { reward, weight: 0, normalization } };
  trimtab = await LoadedRecipe.load(recipe, { loader, rewards });
});
afterAll(async () => {
  await trimtab[Symbol.asyncDispose]();
  await rm(folder, { recursive: true });
});

const read = (text: string) =>
  vocabulary.tokenize(text, { addSpecial: false, parseSpecial: false });
const write = (tokens: readonly TokenId[]) => tokens.map((id) => letters[id] ?? '').join('');

function logSoftmax(x: readonly number[]): number[] {
  const max = Math.max(...x);
  const logZ = max + Math.log(x.reduce((sum, each) => sum + Math.exp(each - max), 0));
  return x.map((each) => each - logZ);
}

/** `KL(softmax(a) ‖ softmax(b))`, nats. */
function divergence(a: readonly number[], b: readonly number[]): number {
  const [p, q] = [logSoftmax(a), logSoftmax(b)];
  return p.reduce((sum, each, i) => sum + Math.exp(each) * (each - q[i]!), 0);
}

/** The value of an answer, whole if it ends with the end. */
function valueOf(name: Name, prompt: string, answer: readonly TokenId[]): number {
  if (name === 'text') return textValue(write(answer), answer.at(-1) === end);
  const before = answer.slice(0, -1);
  if (name === 'caller') return logitsOf.caller([...read(prompt), ...before])[answer.at(-1)!]!;
  if (name === 'drift') {
    const under = (system: string, i: number) =>
      logSoftmax(logitsOf.drift([...read(`${system}\n\n${prompt}`), ...answer.slice(0, i)]));
    return answer.reduce(
      (sum, id, i) => sum + under(systems.high, i)[id]! - under(systems.low, i)[id]!,
      0,
    );
  }
  const state = hiddenState([...read(prompt), ...answer]);
  return heads[name].reduce((sum, weight, i) => sum + weight * state[i]!, 0);
}

interface Asked {
  readonly prompt: string;
  readonly alpha: number;
  readonly weights: Readonly<Partial<Record<Name, number>>>;
  readonly guidance: Extract<Guidance, { candidates: number }>;
  readonly rewardWeight: number;
  readonly klBudget: KlBudget | null;
  readonly presencePenalty: number;
  readonly bias: number;
  readonly minTokens: number;
  readonly maxTokens: number;
}

/** What the documents say of one position. */
function position(asked: Asked, answer: readonly TokenId[]) {
  const { prompt, alpha, weights, guidance, rewardWeight, presencePenalty, bias } = asked;
  const seen = [...read(prompt), ...answer];
  const base = logitsOf.base(seen);
  const expert = logitsOf.expert(seen);
  const composed = base.map((x, i) => x + alpha * (expert[i]! - x));
  const restrict = (row: readonly number[]) =>
    row.map((x, id) => {
      if (id === end && answer.length < asked.minTokens) return -Infinity;
      return x - (answer.includes(id) ? presencePenalty : 0) + (id === 0 ? bias : 0);
    });
  const allowed = restrict(composed);
  const guiding = names.filter((name) => (weights[name] ?? 0) * rewardWeight !== 0);
  const ranked = allowed.map((_, id) => id).toSorted((a, b) => allowed[b]! - allowed[a]!);
  const candidates = ranked
    .slice(0, guiding.length > 0 ? guidance.candidates : Infinity)
    .filter((id) => allowed[id] !== -Infinity);
  const sharesOf = (id: TokenId) =>
    guiding.map((name) => {
      const value = valueOf(name, prompt, [...answer, id]);
      const weight = rewardWeight * weights[name]!;
      const { mean, deviation } = name === 'text' ? normalization : { mean: 0, deviation: 1 };
      const taken =
        guidance.method === 'rad' ? Math.min(1, Math.max(0, value)) : (value - mean) / deviation;
      return { name, weight, value: taken, share: weight * taken };
    });
  const totals = candidates.map((id) => sharesOf(id).reduce((sum, { share }) => sum + share, 0));
  return { base, composed, restrict, candidates, totals, sharesOf, hasRewards: guiding.length > 0 };
}

/** Scores of what may be chosen, where the budget leaves `scale` of the shift, and what that spends. */
function steered(asked: Asked, answer: readonly TokenId[], scale: number) {
  const { base, composed, restrict, candidates, totals, hasRewards } = position(asked, answer);
  const added = composed.map(() => 0);
  if (asked.klBudget === null) {
    for (const [i, id] of candidates.entries()) added[id] = totals[i]!;
    const row = restrict(composed).map((x, id) => x + added[id]!);
    return { row: row.map((x, id) => (candidates.includes(id) ? x : -Infinity)), kl: 0, whole: 0 };
  }
  const allowed = restrict(composed);
  const mass = candidates.map((id) => Math.exp(allowed[id]!));
  const mean =
    mass.reduce((sum, each, i) => sum + each * totals[i]!, 0) / mass.reduce((a, b) => a + b, 0);
  if (hasRewards) for (const [i, id] of candidates.entries()) added[id] = totals[i]! - mean;
  const shifted = (t: number) => base.map((x, id) => x + t * (composed[id]! - x + added[id]!));
  const isOpen = scale === 0 || !hasRewards;
  const row = restrict(shifted(scale));
  return {
    row: row.map((x, id) => (isOpen || candidates.includes(id) ? x : -Infinity)),
    kl: divergence(shifted(scale), base),
    whole: divergence(shifted(1), base),
  };
}

function ask(asked: Asked, given: GenerateOptions = {}): Promise<GenerationResult> {
  const { alpha, weights, guidance, rewardWeight, klBudget } = asked;
  const { presencePenalty, bias, minTokens, maxTokens } = asked;
  return trimtab.generate(asked.prompt, {
    params: { alpha, rewardWeight },
    rewards: weights,
    guidance,
    klBudget,
    presencePenalty,
    logitBias: { 0: bias },
    minTokens,
    maxTokens,
    trace: true,
    ...given,
  });
}

const weight = fc.constantFrom(-2, 0, 0.5, 1);
const asked: fc.Arbitrary<Asked> = fc.record({
  prompt: fc
    .array(fc.constantFrom(...Array.from('abcdefg')), { minLength: 1, maxLength: 9 })
    .map((x) => x.join('')),
  alpha: fc.constantFrom(0, 0.5, 1, 2.5),
  weights: fc.record(
    { text: weight, caller: weight, drift: weight, warm: weight, dry: weight },
    { requiredKeys: [] },
  ),
  guidance: fc.record({
    method: fc.constantFrom('args', 'rad'),
    candidates: fc.integer({ min: 1, max: 6 }),
  }),
  rewardWeight: fc.constantFrom(0, 1, 2),
  klBudget: fc.constantFrom(
    null,
    { perToken: 0.1 },
    { perToken: 0 },
    { perAnswer: 0.8 },
    { perToken: 0.3, perAnswer: 1 },
    { perAnswer: 1000 },
  ),
  presencePenalty: fc.constantFrom(0, 0.7),
  bias: fc.constantFrom(0, 1.5, -100),
  minTokens: fc.constantFrom(0, 2),
  maxTokens: fc.integer({ min: 2, max: 8 }),
});

describe('every token of an answer', () => {
  it('is the best one in the documented order of operations', async () => {
    await fc.assert(
      fc.asyncProperty(asked, async (each) => {
        const { tokens, kl = 0, finishReason } = await ask(each);
        const answer: TokenId[] = [];
        let spent = 0;
        for (const { tokenId, logprob, trace } of tokens) {
          const now = position(each, answer);
          const { row, kl: cost, whole } = steered(each, answer, trace!.klScale);
          expect(row[tokenId]!).toBeGreaterThan(Math.max(...row) - rounding);
          expect(logprob).toBeCloseTo(logSoftmax(now.composed)[tokenId]!, 3);
          expect(trace!.rewards.map(({ name }) => name).toSorted()).toEqual(
            (now.candidates.includes(tokenId) ? now.sharesOf(tokenId) : [])
              .map(({ name }) => name)
              .toSorted(),
          );
          for (const expected of now.sharesOf(tokenId)) {
            const found = trace!.rewards.find(({ name }) => name === expected.name);
            expect(found?.weight ?? expected.weight).toBe(expected.weight);
            expect(found?.value ?? expected.value).toBeCloseTo(expected.value, 3);
            expect(found?.share ?? expected.share).toBeCloseTo(expected.share, 3);
          }
          const { perToken = Infinity, perAnswer = Infinity } = each.klBudget ?? {};
          const budget = Math.min(perToken, Math.max(0, perAnswer - spent));
          expect(cost).toBeLessThanOrEqual(budget + rounding);
          expect(cost).toBeGreaterThan(Math.min(whole, budget) * 0.998 - rounding);
          spent += cost;
          answer.push(tokenId);
        }
        expect(kl).toBeCloseTo(spent, 2);
        expect(kl).toBeLessThanOrEqual((each.klBudget?.perAnswer ?? Infinity) + rounding);
        const { perToken = Infinity } = each.klBudget ?? {};
        expect(kl / Math.max(1, tokens.length)).toBeLessThanOrEqual(perToken + rounding);
        expect(finishReason).toBe(tokens.length === each.maxTokens ? 'length' : 'stop');
      }),
      { numRuns: 30 },
    );
  });

  it('is the same whatever is reported of it', async () => {
    await fc.assert(
      fc.asyncProperty(asked, async (each) => {
        const ids = async (given: GenerateOptions) =>
          (await ask(each, given)).tokens.map(({ tokenId }) => tokenId);
        const plain = await ids({ trace: false });
        expect(await ids({ trace: true })).toEqual(plain);
        expect(await ids({ trace: false, topLogprobs: 2 })).toEqual(plain);
        expect(await ids({ trace: false, reportRewards: names })).toEqual(plain);
      }),
      { numRuns: 8 },
    );
  });
});

describe('a whole answer', () => {
  it('has the value of each reward that is plain from its tokens', async () => {
    await fc.assert(
      fc.asyncProperty(asked, async (each) => {
        const { tokens, rewards, finishReason } = await ask(each, { reportRewards: names });
        const answer = tokens.map(({ tokenId }) => tokenId);
        if (finishReason === 'stop') answer.push(end);
        expect(Object.keys(rewards!).toSorted()).toEqual([...names].toSorted());
        for (const name of names) {
          expect(rewards![name]).toBeCloseTo(valueOf(name, each.prompt, answer), 3);
        }
      }),
      { numRuns: 20 },
    );
  });

  it.each([{ perToken: 0 }, { perAnswer: 0 }])(
    'is that of the base under a budget of %j',
    async (klBudget) => {
      await fc.assert(
        fc.asyncProperty(asked, async (each) => {
          const base = await ask(
            { ...each, alpha: 0, weights: {}, klBudget: null },
            { trace: false },
          );
          const { text, kl } = await ask({ ...each, klBudget });
          expect({ text, kl }).toEqual({ text: base.text, kl: 0 });
        }),
        { numRuns: 8 },
      );
    },
  );

  it('is not changed by a budget that does not bind', async () => {
    await fc.assert(
      fc.asyncProperty(asked, async (each) => {
        const free = await ask({ ...each, klBudget: null });
        const { text, kl } = await ask({ ...each, klBudget: { perToken: 1e6, perAnswer: 1e6 } });
        expect(text).toBe(free.text);
        expect(free.kl).toBeUndefined();
        expect(kl).toBeGreaterThanOrEqual(0);
      }),
      { numRuns: 8 },
    );
  });
});

it('the share of the shift that is taken grows with the budget, up to all of it', async () => {
  await fc.assert(
    fc.asyncProperty(asked, async (each) => {
      const scales: number[] = [];
      for (const perToken of [0, 1e-4, 0.01, 0.1, 0.5, 2, 1e6]) {
        const { tokens } = await ask({ ...each, minTokens: 1, klBudget: { perToken } });
        scales.push(tokens[0]!.trace!.klScale);
      }
      expect(scales).toEqual(scales.toSorted((a, b) => a - b));
      expect(scales.at(-1)).toBe(1);
    }),
    { numRuns: 6 },
  );
});
