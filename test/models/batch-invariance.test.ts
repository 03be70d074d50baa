import { existsSync } from 'node:fs';
import path from 'node:path';

import { afterAll, beforeAll, describe, expect, it } from 'vitest';

import { loadModel, type LlamaContext, type LlamaModel } from '../../src/llama/index.ts';
import { LoadedRecipe } from '../../src/index.ts';
import { resolveRecipe } from '../../src/recipe/index.ts';
import { exactContext, temporaryFolder, writeTinyModel } from '../support/random-models.ts';
import { realModelsFolder } from '../support/real-models.ts';

let folder: Awaited<ReturnType<typeof temporaryFolder>>;
const models: LlamaModel[] = [];

beforeAll(async () => {
  folder = await temporaryFolder();
});

afterAll(async () => {
  for (const model of models) model[Symbol.dispose]();
  await folder[Symbol.asyncDispose]();
});

const ids = (count: number, seed: number) =>
  Array.from({ length: count }, (_, i) => (i * 37 + seed * 11) % 500);

/** The row after `tokens`, cut as `cuts` says, the last pieces beside others of these lengths. */
async function rowAfter(
  context: LlamaContext,
  tokens: readonly number[],
  cuts: readonly number[],
  beside: readonly number[] = [],
): Promise<Float32Array> {
  using sequence = context.createSequence();
  const others = beside.map(() => context.createSequence());
  let at = 0;
  let row: Float32Array | undefined;
  for (const cut of cuts) {
    const piece = tokens.slice(at, at + cut);
    at += cut;
    const isLast = at === tokens.length;
    const [own] = await context.extend([
      { sequence, tokens: piece, rows: isLast ? 'last' : 'none' },
      ...others.map((other, i) => ({
        sequence: other,
        tokens: ids(beside[i]!, i + 5),
        rows: 'last' as const,
      })),
    ]);
    row = own!.rows[0]?.slice();
  }
  for (const other of others) other[Symbol.dispose]();
  return row!;
}

describe.each(['F32', 'F16', 'Q8_0'] as const)(
  'a batch-invariant context of %s weights',
  (type) => {
    it('gives a row the same bits however its tokens are cut, and whatever is beside them', async () => {
      const file = await writeTinyModel(folder.path, `tiny-${type}`, {
        type,
        embeddingLength: 128,
        headCount: 4,
        feedForwardLength: 256,
      });
      const model = await loadModel(file);
      models.push(model);
      using context = await model.createContext({
        ...exactContext,
        maxSequences: 8,
        batchInvariant: true,
      });
      const tokens = ids(45, 1);
      const whole = await rowAfter(context, tokens, [45]);
      const ones = Array.from(tokens, () => 1);
      expect(await rowAfter(context, tokens, [44, 1])).toEqual(whole);
      expect(await rowAfter(context, tokens, [20, 7, 1, 1, 16])).toEqual(whole);
      expect(await rowAfter(context, tokens, ones)).toEqual(whole);
      expect(await rowAfter(context, tokens, [45], [1, 44, 46, 3])).toEqual(whole);
      expect(await rowAfter(context, tokens, [30, 5, 5, 5], [1, 2, 1, 4, 6, 1, 30])).toEqual(whole);
      expect(await rowAfter(context, tokens, ones, [1, 1, 1])).toEqual(whole);
      expect(await rowAfter(context, tokens, [44, 1], [300])).toEqual(whole); // a longer cache
    });
  },
);

it('gives the same answer from a real K-quant cold, cached and beside others', async ({ skip }) => {
  const file = path.join(realModelsFolder, 'smollm2-135m-instruct-q4_1.gguf');
  if (!existsSync(file)) {
    console.log(`skipped: ${file} is not there`);
    skip();
  }
  const engine = { batchInvariant: true, contextLength: 512, maxSequences: 3, threads: 1 };
  const document = { models: { base: { file, prompt: 'raw' as const } }, base: 'base', engine };
  const recipe = resolveRecipe(document, { directory: '/' });
  await using trimtab = await LoadedRecipe.load(recipe);
  const prompt = 'The captain read the letter again, and then she';
  const ask = (text: string) =>
    trimtab.generate(text, { temperature: 0, maxTokens: 8, topLogprobs: 3, owner: 'me' });
  const cold = await ask(prompt);
  const cached = await ask(prompt);
  expect(cached.usage.models['base']!.cachedTokens).toBeGreaterThan(5);
  expect(cached.tokens).toEqual(cold.tokens);
  // Its beginning was decoded one by one here, and is read at once there.
  const longer = prompt + cold.text;
  const continued = await ask(longer);
  const afresh = trimtab.generate(longer, {
    temperature: 0,
    maxTokens: 8,
    topLogprobs: 3,
    owner: 'you',
  });
  const [alone] = await Promise.all([afresh, ask('Beside it'), ask('And another one, which is')]);
  expect(alone.usage.models['base']!.cachedTokens).toBe(0);
  expect(alone.tokens).toEqual(continued.tokens);
});
