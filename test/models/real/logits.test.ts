// What the engine says of real models against what llama.cpp says by itself.
import { afterAll, beforeAll, describe, expect, it } from 'vitest';

import { LoadedRecipe, resolveRecipe, type RecipeDocument } from '../../../src/index.ts';
import { loadModel } from '../../../src/llama/index.ts';
import type { ChatMessage } from '../../../src/spec/index.ts';
import { plainRow } from '../../support/plain-llama.ts';
import { findRealModel } from '../../support/real-models.ts';

const smollm = findRealModel('smollm2-135m-instruct-q4_1', 'log-probs against llama.cpp');
const engine = { contextLength: 4096, maxSequences: 1, threads: 1 };

const load = (document: RecipeDocument) =>
  LoadedRecipe.load(resolveRecipe({ engine, ...document }, { directory: '/' }));

function logprobsOf(row: Float32Array): Float64Array {
  const most = row.reduce((max, value) => Math.max(max, value));
  const sum = row.reduce((total, value) => total + Math.exp(value - most), 0);
  return Float64Array.from(row, (value) => value - most - Math.log(sum));
}

/** In nats. */
function largestDifference(ours: ArrayLike<number>, theirs: Float64Array): number {
  expect(ours).toHaveLength(theirs.length);
  return theirs.reduce((most, value, i) => Math.max(most, Math.abs(value - ours[i]!)), 0);
}

describe.skipIf(smollm === undefined)('the engine over SmolLM2', () => {
  let loaded: LoadedRecipe;
  let words: number[];
  beforeAll(async () => {
    loaded = await load({ models: { base: { file: smollm!, prompt: 'raw' } }, base: 'base' });
    const text =
      'The captain read the letter again. Nobody on deck could say why she had kept it for so long, ' +
      'or what it had meant: 14 lines, written in 1897, about a harbour that none of them had seen.\n';
    words = loaded.tokenize(text.repeat(100));
  });
  afterAll(() => loaded[Symbol.asyncDispose]());

  async function ours(tokens: number[], owner: string) {
    const options = { allLogprobs: true, owner };
    const { tokens: scored } = await loaded.score({ tokens }, [words[0]!], options);
    return scored[0]!.allLogprobs!;
  }

  it.each([1, 2, 17, 300, 700])('says what llama.cpp says after %i tokens', async (length) => {
    const tokens = words.slice(3 * length, 4 * length); // no beginning that is in the cache
    const said = await ours(tokens, `${length}`);
    for (const batchSize of [512, 1024]) {
      const row = plainRow(smollm!, tokens, { contextLength: 1024, batchSize, threads: 1 });
      expect(largestDifference(said, logprobsOf(row))).toBeLessThan(1e-5);
    }
  });

  it('says what llama.cpp says after 3,900 tokens, and goes on', async () => {
    const tokens = words.slice(7, 3907);
    const run = { contextLength: 4096, batchSize: 4096, threads: 1 };
    const theirs = logprobsOf(plainRow(smollm!, tokens, run));
    const difference = largestDifference(await ours(tokens, 'long'), theirs);
    console.log(`after 3,900 tokens: ${difference.toExponential(1)} nats`);
    expect(difference).toBeLessThan(1e-5);
    const options = { temperature: 0, maxTokens: 4, owner: 'long' };
    const answer = await loaded.generate({ tokens }, options);
    expect(answer.tokens[0]!.tokenId).toBe(theirs.indexOf(Math.max(...theirs)));
    expect(answer.usage).toMatchObject({ promptTokens: 3900, completionTokens: 4 });
    expect(answer.usage.models['base']!.cachedTokens).toBeGreaterThan(3800);
  });

  it('refuses what its context does not hold, and says by how much', async () => {
    const asked = loaded.generate({ tokens: words.slice(0, 4096) }, { maxTokens: 1 });
    await expect(asked).rejects.toMatchObject({ code: 'context_length_exceeded' });
    await expect(asked).rejects.toThrow(/4096/);
  });
});

it.skipIf(smollm === undefined)('guidance of two views is its formula', async () => {
  const system = 'You are a poet.';
  await using guided = await load({
    models: { asked: { file: smollm!, system }, plain: { file: smollm!, system: false } },
    base: 'asked',
    formula: 'gamma * logp(asked) + (1 - gamma) * logp(plain)',
    params: { gamma: { default: 1.5, min: 0, max: 5 } },
  });
  const question = { role: 'user', content: 'What is the sea like?' } as const;
  const answer = guided.tokenize('The sea is a mirror of the sky,').slice(0, 9);
  const { tokens } = await guided.score({ messages: [question] }, answer, { allLogprobs: true });

  // The same two prompts in a context of their own, decoded together as the engine decodes them.
  using model = await loadModel(smollm!);
  using context = await model.createContext({
    ...engine,
    maxSequences: 2,
    batchSize: 512,
    maxRows: 18,
    flashAttention: false,
    kvType: 'f16',
  });
  const render = (messages: readonly ChatMessage[]) =>
    model.vocabulary.tokenize(
      messages.map(({ role, content }) => `<|im_start|>${role}\n${content}<|im_end|>\n`).join('') +
        '<|im_start|>assistant\n',
      { addSpecial: false, parseSpecial: true },
    );
  const prompts = [render([{ role: 'system', content: system }, question]), render([question])];
  const sequences = prompts.map(() => context.createSequence());
  const extend = async (next: readonly (readonly number[])[], rows: 'last' | 'all') => {
    const asked = sequences.map((sequence, i) => ({ sequence, tokens: next[i]!, rows }));
    const given = await context.extend(asked);
    return given.map((each) => each.rows.map(logprobsOf));
  };
  const first = await extend(prompts, 'last');
  const rest = await extend([answer.slice(0, -1), answer.slice(0, -1)], 'all');
  const [asked, plain] = [0, 1].map((i) => [...first[i]!, ...rest[i]!]);
  const differences = tokens.map(({ allLogprobs }, position) => {
    const sum = asked![position]!.map((value, i) => 1.5 * value - 0.5 * plain![position]![i]!);
    return largestDifference(allLogprobs!, logprobsOf(Float32Array.from(sum)));
  });
  console.log(`guidance of two views: ${Math.max(...differences).toExponential(1)} nats`);
  expect(Math.max(...differences)).toBeLessThan(1e-4);
});

const [large, small] = ['1.5b', '0.5b'].map((size) =>
  findRealModel(`qwen2.5-coder-${size}-instruct-q4_k_m`, 'a real pair'),
);

it.skipIf(large === undefined || small === undefined)(
  'a real pair at alpha 0 is its base, bit for bit',
  async () => {
    await using pair = await load({
      models: {
        base: large!,
        expert: { file: small!, system: 'You are a pirate.' },
        twin: { file: small!, system: null },
      },
      base: 'base',
      expert: 'expert',
      antiExpert: 'twin',
      engine: { ...engine, contextLength: 256 },
    });
    const ask = (more: object, owner: string) =>
      pair.generate('Name a sea.', {
        temperature: 0,
        maxTokens: 6,
        topLogprobs: 5,
        owner,
        ...more,
      });
    const alone = await ask({ only: 'base' }, 'alone');
    const none = await ask({ params: { alpha: 0 } }, 'none');
    expect(none.tokens).toEqual(alone.tokens);
    expect(Object.keys(none.usage.models)).toEqual(['base']);
    const steered = await ask({ params: { alpha: 2 } }, 'steered');
    expect(steered.tokens).not.toEqual(alone.tokens);
  },
);
