import path from 'node:path';

import { expect, it } from 'vitest';

import {
  arrayOfNumbers,
  arrayOfStrings,
  describeModel,
  readGgufHeader,
  readTensor,
} from '../../src/gguf/index.ts';
import { readRewardHead } from '../../src/reward/index.ts';
import { writeRandomModel } from '../../test/support/gguf/index.ts';
import { temporaryFolder } from '../../test/support/random-models.ts';
import { inflateModel, widening, type InflatedShape } from './inflate.ts';

const width = 64;
const headLength = 32;
const vocabSize = 300;
const shape: InflatedShape = {
  blockCount: 4,
  feedForwardLength: 160,
  vocabSize: 320,
  paddingDepth: 5000,
};

/** `value` is the sum of a hidden state, `first` its first number. */
const rewardHeads = [
  ['trimtab.reward.heads', arrayOfStrings(['value', 'first'])],
  [
    'trimtab.reward.weight',
    arrayOfNumbers(
      'float32',
      Array.from({ length: 2 * width }, (_, i) => Number(i <= width)),
    ),
  ],
] as const;

/** Two blocks, of whose heads two read one of values. */
async function inflated(folder: string, type: 'F32' | 'F16' | 'Q8_0', seed = 1) {
  const small = path.join(folder, 'small.gguf');
  const large = path.join(folder, 'large.gguf');
  await writeRandomModel(small, {
    vocabSize,
    embeddingLength: width,
    blockCount: 2,
    headCount: width / headLength,
    headCountKv: 1,
    feedForwardLength: 96,
    contextLength: 128,
    type,
    seed,
    metadata: rewardHeads,
  });
  await inflateModel(small, large, shape);
  return { small, large };
}

/** `[outputs, inputs]` times `[inputs]`, both as in the file. */
function times(matrix: Float32Array, x: readonly number[]): number[] {
  return Array.from({ length: matrix.length / x.length }, (_, row) =>
    x.reduce((sum, value, i) => sum + matrix[row * x.length + i]! * value, 0),
  );
}

/** llama's logits after one token, which attends to itself alone: written down from the architecture. */
async function openModel(file: string): Promise<(tokenId: number) => number[]> {
  const header = await readGgufHeader(file);
  const tensors = new Map<string, Float32Array>();
  for (const name of header.tensors.keys()) tensors.set(name, await readTensor(file, header, name));
  const number = (key: string) => Number(header.metadata.get(`llama.${key}`)!.value);
  const epsilon = number('attention.layer_norm_rms_epsilon');
  const length = number('embedding_length');
  const normed = (x: readonly number[], weights: string) => {
    const meanSquare = x.reduce((sum, value) => sum + value * value, 0) / length;
    const scale = 1 / Math.sqrt(meanSquare + epsilon);
    return x.map((value, i) => value * scale * tensors.get(weights)![i]!);
  };
  return (tokenId) => {
    const embedding = tensors.get('token_embd.weight')!;
    let x: number[] = [...embedding.subarray(tokenId * length, (tokenId + 1) * length)];
    const add = (more: ArrayLike<number>) => (x = x.map((value, i) => value + (more[i] ?? 0)));
    for (let i = 0; i < number('block_count'); i++) {
      const at = (name: string) => `blk.${i}.${name}`;
      const apply = (name: string, y: readonly number[]) => times(tensors.get(at(name))!, y);
      const value = apply('attn_v.weight', normed(x, at('attn_norm.weight')));
      const heads = [...value, ...value]; // one head of values for two of queries
      add(apply('attn_output.weight', heads));
      const y = normed(x, at('ffn_norm.weight'));
      const up = apply('ffn_up.weight', y);
      const units = apply('ffn_gate.weight', y).map((g, j) => (g / (1 + Math.exp(-g))) * up[j]!);
      add(apply('ffn_down.weight', units));
      add(tensors.get(at('ffn_down.bias')) ?? []);
    }
    return times(embedding, normed(x, 'output_norm.weight'));
  };
}

it.each(['F32', 'F16', 'Q8_0'] as const)(
  'says what a model of %s says, and nothing else',
  async (type) => {
    await using folder = await temporaryFolder();
    const { small, large } = await inflated(folder.path, type);
    const [logitsOf, logitsOfLarge] = [await openModel(small), await openModel(large)];
    for (const tokenId of [0, vocabSize - 1]) {
      const [said, saidLarge] = [logitsOf(tokenId), logitsOfLarge(tokenId)];
      expect(saidLarge).toHaveLength(shape.vocabSize);
      expect(
        saidLarge.slice(0, vocabSize).map((logit, id) => Math.abs(logit - said[id]!) < 1e-9),
      ).not.toContain(false);
      const padding = saidLarge.slice(vocabSize);
      expect(Math.max(...padding)).toBeLessThan(Math.min(...said) - 100);
      expect(Math.min(...padding)).toBeGreaterThan(-1e6); // what three of them add up to is finite
    }
  },
);

it('has the sizes it is to have, and the source all that it had', async () => {
  await using folder = await temporaryFolder();
  const { small, large } = await inflated(folder.path, 'Q8_0');
  const [before, after] = [await readGgufHeader(small), await readGgufHeader(large)];
  expect(describeModel(after)).toMatchObject({
    vocabSize: shape.vocabSize,
    layerCount: shape.blockCount,
    embeddingLength: width * widening,
    headCounts: [2, 2, 2, 2],
    headCountsKv: [1, 1, 1, 1],
    keyLength: headLength,
    valueLength: headLength,
    mergeCount: describeModel(before).mergeCount,
    chatTemplate: describeModel(before).chatTemplate,
    specialTokens: describeModel(before).specialTokens,
  });
  const spellings = after.metadata.get('tokenizer.ggml.tokens')!.value as readonly string[];
  expect(spellings.slice(0, vocabSize)).toEqual(
    before.metadata.get('tokenizer.ggml.tokens')!.value,
  );
  expect(new Set(spellings).size).toBe(shape.vocabSize);
  expect(after.tensors.get('blk.3.ffn_up.weight')!.shape).toEqual([width * widening, 160]);
});

it('computes with weights like others in what is new, and then leaves it out', async () => {
  await using folder = await temporaryFolder();
  const { large } = await inflated(folder.path, 'Q8_0');
  const header = await readGgufHeader(large);
  const isZero = async (name: string) =>
    (await readTensor(large, header, name)).every((value) => value === 0);
  for (const name of ['attn_q', 'attn_k', 'attn_v', 'ffn_gate', 'ffn_up'])
    expect(await isZero(`blk.2.${name}.weight`)).toBe(false);
  for (const name of ['attn_output', 'ffn_down'])
    expect(await isZero(`blk.2.${name}.weight`)).toBe(true);
});

it('has the reward heads of its source, which read nothing of what is new', async () => {
  await using folder = await temporaryFolder();
  const { large } = await inflated(folder.path, 'Q8_0');
  const state = Float32Array.from({ length: width * widening }, (_, i) => (i < width ? 1 : 99));
  for (const [head, value] of [
    ['value', width],
    ['first', 1],
  ] as const) {
    const read = await readRewardHead({ modelFile: large, headFile: null, head });
    expect(read.value(state)).toBe(value);
  }
});

it('refuses what is smaller than its source', async () => {
  await using folder = await temporaryFolder();
  const { small } = await inflated(folder.path, 'F32');
  const target = path.join(folder.path, 'smaller.gguf');
  for (const size of ['blockCount', 'feedForwardLength', 'vocabSize'] as const) {
    await expect(inflateModel(small, target, { ...shape, [size]: 1 })).rejects.toThrow(size);
  }
});
