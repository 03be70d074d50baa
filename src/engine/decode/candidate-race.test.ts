import { mkdtemp, rm } from 'node:fs/promises';
import { tmpdir } from 'node:os';
import path from 'node:path';

import * as fc from 'fast-check';
import { afterAll, beforeAll, describe, expect, it } from 'vitest';

import { withoutDrafters } from '../../../test/support/without-drafters.ts';
import { compiledHere } from '../../../test/support/compiled-here.ts';
import { chaoticLogits } from '../../../test/support/fake-model/chaotic-logits.ts';
import { fakeLoader } from '../../../test/support/fake-model/fake-loader.ts';
import { fakeRecipe } from '../../../test/support/fake-model/fake-recipe.ts';
import { writeHeads } from '../../../test/support/fake-model/write-heads.ts';
import { pieceVocabulary } from '../../../test/support/piece-vocabulary.ts';
import { runs } from '../../../test/support/runs.ts';
import { functionReward } from '../../reward/index.ts';
import type { GenerateOptions, GenerationResult, RewardBounds, TokenId } from '../../spec/index.ts';
import { LoadedRecipe } from '../loaded-recipe.ts';
import { CandidateRewards } from '../reward/candidate-rewards.ts';
import { valueCandidates } from './candidate-race.ts';

const letters = 'abcdefghijklmnopqrstuvwxyz';
const vocabulary = pieceVocabulary(Array.from(letters, (letter) => Buffer.from(letter)));

/** Any number from 0 to 1 for a text. */
function textValue(text: string): number {
  let hash = 5;
  for (const letter of text) hash = (Math.imul(hash, 31) + letter.charCodeAt(0)) >>> 0;
  return ((Math.imul(hash, 2654435761) >>> 8) % 1000) / 1000;
}

/** Logits as language models have them: here nearly certain, there between many tokens, and a long tail. */
function natural(salt: number, endBias: number) {
  const chaos = chaoticLogits(vocabulary, { salt, endBias });
  return (tokens: readonly TokenId[]) => {
    const plain = chaos(tokens);
    const steepness = [1, 2, 3, 5][Math.trunc(plain[0]! * 1000) % 4]!;
    const ranks = plain.map((logit) => plain.filter((other) => other > logit).length);
    return plain.map((logit, id) => (logit < -50 ? logit : -steepness * Math.log(1 + ranks[id]!)));
  };
}

const heads = { warm: [0.2, -0.1, 0.1, 0.15], dry: [-0.3, 0.1, 0, 0.05] };
/** Of hidden states of numbers from 0 to 4. */
const boundsOfHeads = { warm: { min: -0.4, max: 1.8 }, dry: { min: -1.2, max: 0.6 } };

interface Declared {
  readonly warm?: RewardBounds | undefined;
  readonly dry?: RewardBounds | undefined;
  readonly text?: RewardBounds | undefined;
}

let folder: string;
beforeAll(async () => {
  folder = await mkdtemp(path.join(tmpdir(), 'trimtab-race-'));
  await writeHeads(path.join(folder, 'heads.json'), heads);
});
afterAll(() => rm(folder, { recursive: true }));

function load(bounds: Declared): Promise<LoadedRecipe> {
  const fake = (salt: number) => ({ vocabulary, logits: natural(salt, -2) });
  const hiddenState = (tokens: readonly TokenId[]) =>
    chaoticLogits(vocabulary, { salt: 5 })(tokens).slice(0, 4);
  const { loader } = fakeLoader({
    base: fake(1),
    expert: fake(2),
    caller: fake(3),
    judge: { vocabulary, hiddenState },
  });
  const raw = (name: string) => ({ file: `${name}.gguf`, prompt: 'raw' as const });
  const head = (name: 'warm' | 'dry') => ({
    model: 'judge',
    head: name,
    headFile: path.join(folder, 'heads.json'),
    scope: 'both' as const,
    weight: 0,
    ...(bounds[name] && { bounds: bounds[name] }),
  });
  const recipe = fakeRecipe({
    models: {
      base: raw('base'),
      expert: raw('expert'),
      caller: raw('caller'),
      judge: raw('judge'),
    },
    expert: 'expert',
    formula: 'base + alpha * (expert - base)',
    params: { alpha: { default: 0.2, min: 0, max: 1 } },
    rewards: {
      warm: { ...head('warm'), normalization: { mean: 0.5, deviation: 0.5 } },
      dry: head('dry'),
      caller: { nextToken: 'caller', weight: 0 },
      words: { words: { ab: 2, c: -1 }, weight: 0 },
      short: { length: { target: 6, unit: 'tokens' }, weight: 0 },
    },
    engine: { contextLength: 128 },
    speculation: 'auto',
  });
  const reward = functionReward({ name: 'text', score: (texts) => texts.map(textValue) });
  const text = { reward, weight: 0, bounds: bounds.text ?? null };
  return LoadedRecipe.load(recipe, { loader, rewards: { text } });
}

const everyBound: Declared = { ...boundsOfHeads, text: { min: 0, max: 1 } };
const constraint = compiledHere({ regex: '([a-f]xy|[g-p]+q){1,9}' }, vocabulary);

const weight = fc.constantFrom(-3, -0.5, 0, 0.5, 1.5);
const ways: fc.Arbitrary<GenerateOptions> = fc.record(
  {
    rewards: fc.record({
      warm: weight,
      dry: weight,
      text: weight,
      caller: fc.constantFrom(0, 0.1),
      words: weight,
      short: fc.constantFrom(0, 4),
    }),
    guidance: fc.record({
      method: fc.constantFrom('args', 'rad'),
      candidates: fc.constantFrom(1, 2, 5, 10, 30),
    }),
    temperature: fc.constantFrom(0, 0.1, 0.7, 1, 1.6),
    topK: fc.constantFrom(0, 0, 3, 40),
    topP: fc.constantFrom(1, 1, 0.8),
    repetitionPenalty: fc.constantFrom(1, 1.4),
    constraint: fc.constantFrom(null, null, constraint),
    klBudget: fc.constantFrom(null, null, null, { perToken: 0.3 }),
    params: fc.record({ alpha: fc.constantFrom(0, 0.5), rewardWeight: fc.constantFrom(1, 2) }),
    minTokens: fc.constantFrom(0, 5),
    logprobs: fc.boolean(),
    trace: fc.boolean(),
  },
  { requiredKeys: ['rewards', 'guidance', 'temperature'] },
);

/** What an answer is; what it cost may differ. */
const essence = ({ usage, tokens, ...rest }: GenerationResult) => ({
  ...rest,
  tokens: withoutDrafters(tokens),
  timings: null,
  tokenCount: usage.completionTokens,
});

const { signal } = new AbortController();

describe('the race of candidates', () => {
  const entry = fc.record({
    logit: fc.double({ min: -4, max: 4, noNaN: true }),
    added: fc.double({ min: -2, max: 5, noNaN: true }),
    // Mostly at their bounds, where candidates that were left out would be missed.
    value: fc.oneof(fc.constantFrom(-1, 0, 0.9, 1), fc.double({ min: -1, max: 1, noNaN: true })),
  });

  /** Runs it. @returns What there is to say of each candidate afterwards. */
  function race(entries: readonly { logit: number; added: number; value: number }[], w: number) {
    const values = entries.map(({ value }) => value);
    const asked: number[][] = [];
    const candidates = new CandidateRewards({
      tokenIds: Int32Array.from(entries.keys()),
      guiding: [{ name: 'r', weight: w, normalization: null, bounds: { min: -1, max: 1 } }],
      method: 'args',
      onValued: () => {},
      scorers: [
        {
          names: ['r'],
          isCostly: true,
          score: (continuations) => {
            asked.push(continuations.map(([place]) => place!));
            return [Float64Array.from(continuations, ([place]) => values[place!]!)];
          },
          value: () => Promise.resolve([0]),
          accept: () => {},
          truncate: () => {},
          [Symbol.dispose]: () => {},
        },
      ],
    });
    const logits = Float64Array.from(entries, ({ logit }) => Math.fround(logit));
    const added = Float64Array.from(entries, (each) => each.added);
    const noise = { added, error: 1e-5 };
    expect([...valueCandidates({ candidates, logits, noise, signal })]).toEqual([]);
    const known = entries.map((_, place) => candidates.isValued(place));
    const sums = entries.map((each, i) => Math.fround(logits[i]! + w * values[i]!) + each.added);
    return { asked, known, sums };
  }

  it('values whichever wins it, two at a time and as many again, and none twice', () => {
    fc.assert(
      fc.property(
        fc.array(entry, { minLength: 1, maxLength: 12 }),
        fc.constantFrom(-2, -0.5, 0.5, 3),
        (entries, w) => {
          const { asked, known, sums } = race(entries, w);
          const best = Math.max(...sums);
          for (const [place, sum] of sums.entries()) {
            // None that wins or nearly wins may be left out.
            expect(known[place] === true || sum < best - 1e-5).toBe(true);
          }
          expect(new Set(asked.flat()).size).toBe(asked.flat().length);
          let before = 0;
          for (const places of asked.slice(0, -1)) {
            expect(places.length).toBeLessThanOrEqual(Math.max(2, before));
            before += places.length;
          }
        },
      ),
      { numRuns: runs(2000) },
    );
  });

  it('values no more where the best is ahead of all that others can be', () => {
    const entries = [0, 1, 2, 3, 4].map((i) => ({ logit: -i, added: 0, value: 1 }));
    expect(race(entries, 0.4).asked).toEqual([[0, 1]]);
    const worse = entries.map((each, i) => (i < 2 ? { ...each, value: -1 } : each));
    expect(race(worse, 1.1).asked).toEqual([[0, 1], [2]]);
  });

  it('is of all where two are too near to one another for rounding', () => {
    const entries = [0, 1e-6, -9, -9].map((logit) => ({ logit, added: 0, value: 1 }));
    expect(race(entries, 0.1).known).toEqual([true, true, true, true]);
  });
});

describe('candidates that are valued only where they may still be chosen', () => {
  let lazy: LoadedRecipe;
  let plain: LoadedRecipe;
  beforeAll(async () => {
    lazy = await load(everyBound);
    plain = await load({});
  });
  afterAll(async () => {
    await lazy[Symbol.asyncDispose]();
    await plain[Symbol.asyncDispose]();
  });

  it('give the answer that all of them give, from the same seed', async () => {
    await fc.assert(
      fc.asyncProperty(
        ways,
        fc.nat(10_000),
        fc.constantFrom('off', 'copies', 'base:length=3', 'expert:length=4'),
        async (way, seed, speculation) => {
          const asked = { maxTokens: 16, seed, ...way };
          const some = await lazy.generate('hgfab', { ...asked, speculation });
          for (const usage of Object.values(some.usage.rewards ?? {})) {
            expect(usage.valued).toBeLessThanOrEqual(usage.candidates);
          }
          const all = await plain.generate('hgfab', { ...asked, ...inFull(way) });
          expect(essence(some)).toEqual(essence(all));
          for (const usage of Object.values(all.usage.rewards ?? {})) {
            expect(usage.valued).toBe(usage.candidates);
          }
        },
      ),
      { numRuns: runs(150) },
    );
  });

  /** RAD knows its bounds in any case: a filter that cuts off nothing, or another coupling, needs all values. */
  function inFull({ temperature, guidance }: GenerateOptions): GenerateOptions {
    if (guidance?.method !== 'rad') return { speculation: 'off' };
    if (temperature === 0) return { speculation: 'copies:coupling=maximal' };
    return { speculation: 'off', minP: 1e-30 };
  }

  it.each([
    ['greedily', { temperature: 0 }],
    ['at temperature 1', { temperature: 1 }],
  ])('are few of ten %s, at a weight of 1.5', async (_, way: GenerateOptions) => {
    let tokens = 0;
    let valued = 0;
    for (let seed = 0; seed < 8; seed++) {
      const { usage } = await lazy.generate(letters[seed]!, {
        ...way,
        seed,
        maxTokens: 60,
        logitBias: { [vocabulary.special.eos!]: -100 },
        rewards: { text: 1.5 },
        guidance: { method: 'args', candidates: 10 },
      });
      expect(usage.rewards!['text']!.candidates).toBe(600);
      tokens += usage.completionTokens;
      valued += usage.rewards!['text']!.valued;
    }
    expect(tokens).toBe(480);
    expect(valued / tokens).toBeLessThan(3);
    expect(valued / tokens).toBeGreaterThanOrEqual(2);
  });

  const args = { method: 'args', candidates: 10 } as const;
  const valuedOf = async (trimtab: LoadedRecipe, options: GenerateOptions) => {
    const asked = { maxTokens: 10, seed: 1, temperature: 1, minTokens: 10, guidance: args };
    const { usage } = await trimtab.generate('ab', { ...asked, ...options });
    return usage.rewards!['text']!.valued;
  };

  it.each<[string, GenerateOptions]>([
    ['a KL budget centres them', { klBudget: { perToken: 100 } }],
    ['top-p cuts them', { topP: 0.99 }],
    ['top-k cuts them', { topK: 9 }],
    ['min-p cuts them', { minP: 0.01 }],
    ['typical sampling cuts them', { typicalP: 0.99 }],
    ['draws depend on a draft', { speculation: 'base:length=2,coupling=maximal' }],
  ])('are all where %s', async (_, options) => {
    const asked = { rewards: { text: 1.5 } };
    expect(await valuedOf(lazy, { ...asked, ...options })).toBe(100);
    expect(await valuedOf(lazy, asked)).toBeLessThan(50);
  });

  it('are few in a trace, too, which tells of the chosen token', async () => {
    const { tokens, usage } = await lazy.generate('ab', {
      maxTokens: 10,
      temperature: 1,
      seed: 1,
      trace: true,
      rewards: { text: 1.5 },
      guidance: args,
    });
    expect(usage.rewards!['text']!.valued).toBeLessThan(50);
    for (const [i, { trace }] of tokens.entries()) {
      const text = tokens.slice(0, i + 1).map((token) => token.text);
      expect(trace!.rewards[0]!.value).toBeCloseTo(textValue(text.join('')));
    }
  });

  it('are all where the bound is not known that the sign of the weight needs', async () => {
    expect(await valuedOf(plain, { rewards: { text: 1.5 } })).toBe(100);
    await using below = await load({ text: { max: 1 } });
    expect(await valuedOf(below, { rewards: { text: 1.5 } })).toBeLessThan(50);
    expect(await valuedOf(below, { rewards: { text: -1.5 } })).toBe(100);
    expect(await valuedOf(below, { rewards: { text: 1.5, dry: -1 } })).toBe(100);
    expect(await valuedOf(below, { rewards: { text: 1.5, words: -1, caller: 0.1 } })).toBeLessThan(
      60,
    );
  });

  it('end the answer with an error where one is beyond its bounds', async () => {
    await using narrow = await load({ text: { min: 0, max: 0.4 } });
    const asked = { rewards: { text: 1 }, guidance: args, maxTokens: 20, seed: 1 };
    await expect(narrow.generate('ab', asked)).rejects.toMatchObject({
      code: 'reward_failed',
      reward: 'text',
      message: expect.stringMatching(
        /The reward "text" gave 0\.\d+, beyond the max of 0\.4 that its bounds declare/,
      ) as string,
    });
    expect(narrow.stats).toMatchObject({ running: 0, queued: 0 });
  });

  it('must have bounds that can be', async () => {
    await expect(load({ text: { min: 1, max: 0 } })).rejects.toMatchObject({
      code: 'invalid_option',
      option: 'rewards.text.bounds',
    });
    await expect(load({ text: {} })).rejects.toThrow('rewards.text.bounds is empty');
    await expect(load({ text: { max: Number.NaN } })).rejects.toThrow('must be a finite number');
  });
});
