import { mkdtemp, readFile, rm } from 'node:fs/promises';
import { tmpdir } from 'node:os';
import { join } from 'node:path';
import { afterAll, beforeAll, describe, expect, it } from 'vitest';
import {
  describeModel,
  kvBytesPerToken,
  readGgufHeader,
  readTensor,
} from '../../../src/gguf/index.ts';
import { writeRandomModel } from './random-model.ts';
import type { RandomModelShape } from './random-model.ts';
import {
  createVocabulary,
  padVocabulary,
  permuteVocabulary,
  renameToken,
  smallestVocabulary,
} from './random-vocabulary.ts';

let folder: string;
beforeAll(async () => {
  folder = await mkdtemp(join(tmpdir(), 'trimtab-gguf-'));
});
afterAll(() => rm(folder, { recursive: true }));

const shape: RandomModelShape = {
  vocabSize: 320,
  embeddingLength: 64,
  blockCount: 2,
  headCount: 4,
  headCountKv: 2,
  feedForwardLength: 96,
  contextLength: 128,
  type: 'F32',
  seed: 3,
};

async function write(name: string, changes: Partial<RandomModelShape> = {}) {
  const path = join(folder, `${name}.gguf`);
  await writeRandomModel(path, { ...shape, ...changes });
  const header = await readGgufHeader(path);
  return { path, header, tensor: (tensor: string) => readTensor(path, header, tensor) };
}

function row(data: Float32Array, id: number): Float32Array {
  return data.slice(id * shape.embeddingLength, (id + 1) * shape.embeddingLength);
}

describe('writeRandomModel', () => {
  it('writes the same numbers in every type, of about unit variance per row', async () => {
    const name = 'blk.1.ffn_down.weight';
    const [f32, f16, q8] = await Promise.all(
      (['F32', 'F16', 'Q8_0'] as const).map(async (type) =>
        (await write(type, { type })).tensor(name),
      ),
    );
    expect(f16).toEqual(f32);
    expect(q8).toEqual(f32);
    const variance = f32!.reduce((total, x) => total + x * x, 0) / f32!.length;
    expect(Math.sqrt(variance * 96)).toBeGreaterThan(0.6);
    expect(Math.sqrt(variance * 96)).toBeLessThan(1.7);
    // Odd multiples of a power of two: symmetric, so their mean is 0.
    const step = Math.min(...f32!.map(Math.abs));
    expect(f32!.every((x) => Math.abs((x / step) % 2) === 1)).toBe(true);
  });

  it('writes the same file for the same seed and another for another', async () => {
    const [first, again, other] = await Promise.all(
      [1, 1, 2].map(async (seed, i) => readFile((await write(`seed-${i}`, { seed })).path)),
    );
    expect(first!.equals(again!)).toBe(true);
    expect(first!.equals(other!)).toBe(false);
  });

  it('gives every token its row under a permuted vocabulary', async () => {
    const original = await write('original');
    const vocabulary = permuteVocabulary(createVocabulary(shape.vocabSize, shape.seed), 9);
    const permuted = await write('permuted', { vocabulary });
    const [before, after] = await Promise.all(
      [original, permuted].map((model) => model.tensor('token_embd.weight')),
    );
    const plain = createVocabulary(shape.vocabSize, shape.seed).tokens;
    for (const id of [0, 100, 257, 319]) {
      expect(row(after!, vocabulary.tokens.indexOf(plain[id]!))).toEqual(row(before!, id));
    }
    expect(vocabulary.tokens).not.toEqual(plain);
  });

  it('refuses shapes that are no model', async () => {
    await expect(write('x', { vocabSize: 10 })).rejects.toMatchObject({ option: 'vocabSize' });
    await expect(write('x', { headCount: 3 })).rejects.toMatchObject({ option: 'headCount' });
    await expect(write('x', { vocabulary: createVocabulary(300, 1) })).rejects.toMatchObject({
      option: 'vocabulary',
    });
  });
});

describe('createVocabulary', () => {
  it('spells every byte and merges earlier tokens only', () => {
    const { tokens, types, merges } = createVocabulary(2000, 1);
    expect(new Set(tokens).size).toBe(2000);
    expect(tokens.slice(0, 256).every((token) => token.length === 1)).toBe(true);
    expect(tokens[32]).toBe('Ġ');
    expect(tokens[10]).toBe('Ċ');
    expect(types.filter((type) => type === 3)).toHaveLength(4);
    merges.forEach((merge, i) => {
      const [left, right] = merge.split(' ') as [string, string];
      expect(tokens[smallestVocabulary + i]).toBe(left + right);
      expect(tokens.indexOf(left)).toBeLessThan(smallestVocabulary + i);
      expect(tokens.indexOf(right)).toBeLessThan(smallestVocabulary + i);
      expect(tokens.indexOf(left)).toBeGreaterThanOrEqual(0);
      expect(tokens.indexOf(right)).toBeGreaterThanOrEqual(0);
    });
  });

  it('is padded and renamed', () => {
    const padded = padVocabulary(createVocabulary(300, 1), 2);
    expect(padded.tokens.slice(300)).toEqual(['[PAD300]', '[PAD301]']);
    expect(padded.types.slice(300)).toEqual([5, 5]);
    expect(renameToken(padded, 299, 'other').tokens[299]).toBe('other');
  });
});

describe('describeModel', () => {
  it('says what a file holds', async () => {
    const { header } = await write('described', { type: 'Q8_0', tied: false });
    const description = describeModel(header);
    expect(description).toMatchObject({
      architecture: 'llama',
      name: 'random-64x2',
      license: null,
      fileType: null,
      mainType: 'Q8_0',
      vocabSize: 320,
      contextLength: 128,
      embeddingLength: 64,
      layerCount: 2,
      headCounts: [4, 4],
      headCountsKv: [2, 2],
      keyLength: 16,
      valueLength: 16,
      tokenizerModel: 'gpt2',
      tokenizerPre: 'gpt-2',
      specialTokens: [
        { role: 'bos', tokenId: 256, spelling: '<|end|>' },
        { role: 'eos', tokenId: 256, spelling: '<|end|>' },
      ],
      splitCount: 1,
    });
    expect(description.chatTemplate).toContain('add_generation_prompt');
    const matrices = 2 * 320 * 64 + 2 * (2 * 64 * 64 + 2 * 64 * 32 + 3 * 64 * 96);
    expect(description.parameterCount).toBe(matrices + 5 * 64);
    expect(description.tensorBytes).toBe((matrices / 32) * 34 + 5 * 64 * 4);
    // 2 layers × 2 heads × (16 + 16) numbers.
    expect(kvBytesPerToken(description, 'f32')).toBe(512);
    expect(kvBytesPerToken(description, 'f16')).toBe(256);
    expect(kvBytesPerToken(description, 'q8_0')).toBe(136);
  });
});
