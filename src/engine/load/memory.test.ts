import { mkdir, mkdtemp, rm } from 'node:fs/promises';
import { tmpdir } from 'node:os';
import path from 'node:path';

import { afterAll, beforeAll, describe, expect, it } from 'vitest';

import { writeSmallModels } from '../../../test/support/gguf/index.ts';
import { resolveRecipe, type EngineSettings, type RecipeDocument } from '../../recipe/index.ts';
import { InsufficientMemoryError } from '../../spec/index.ts';
import { estimateMemory, requireFit, requireMemory } from './memory.ts';

let folder: string;
const vocabSize = 2000;

beforeAll(async () => {
  folder = await mkdtemp(path.join(tmpdir(), 'trimtab-memory-'));
  await writeSmallModels(folder, { vocabSize, blockCount: 2 });
});

afterAll(() => rm(folder, { recursive: true, force: true }));

function estimate(
  models: Record<string, string>,
  engine: EngineSettings = {},
  speculation = 'off',
) {
  const formula = Object.keys(models).join(' + ');
  const base = Object.keys(models)[0]!;
  const document = { models, base, formula, engine, speculation };
  return estimateMemory(resolveRecipe(document, { directory: folder }));
}

it('counts the process once, and a file with its vocabulary once', async () => {
  const one = await estimate({ a: 'a.gguf' });
  const two = await estimate({ a: 'a.gguf', b: 'b.gguf' });
  const [{ weightBytes, kvBytes, bufferBytes }] = one.contexts as [(typeof one.contexts)[0]];
  expect(one.totalBytes).toBe(one.processBytes + weightBytes + kvBytes + bufferBytes);
  expect(two.totalBytes - one.totalBytes).toBe(weightBytes + kvBytes + bufferBytes);
  expect(bufferBytes).toBeGreaterThan(vocabSize * 500);
  const shared = await estimate({ a: 'a.gguf', again: 'a.gguf' });
  expect(shared.contexts).toHaveLength(1);
  expect(shared.contexts[0]).toMatchObject({ weightBytes, kvBytes: 2 * kvBytes });
});

it('counts what a vocabulary takes, the more the larger it is', async () => {
  const larger = path.join(folder, 'larger');
  await mkdir(larger);
  await writeSmallModels(larger, { vocabSize: 2 * vocabSize, blockCount: 2 });
  const small = (await estimate({ a: 'a.gguf' })).contexts[0]!;
  const large = (await estimate({ a: 'larger/a.gguf' })).contexts[0]!;
  const rows = vocabSize * 4 * 4 * 4; // four of each of four answers
  const perToken = (large.bufferBytes - small.bufferBytes - rows) / vocabSize;
  expect(perToken).toBeGreaterThanOrEqual(500);
  expect(perToken).toBeLessThan(1000); // with its merges
});

it('knows what the engine settings cost', async () => {
  const plain = (await estimate({ a: 'a.gguf' })).contexts[0]!;
  const repacked = (await estimate({ a: 'a.gguf' }, { repack: true })).contexts[0]!;
  expect(repacked).toEqual({ ...plain, weightBytes: 2 * plain.weightBytes });
  const invariant = (await estimate({ a: 'a.gguf' }, { batchInvariant: true })).contexts[0]!;
  expect(invariant.kvBytes).toBe(plain.kvBytes * (768 / 512)); // a cell more, of which 256 come at once
  expect(invariant.bufferBytes).toBeGreaterThan(plain.bufferBytes);
});

it('knows what the rows of drafts take, which is bounded however many answer at once', async () => {
  const buffersOf = async (maxSequences: number, speculation: string) =>
    (await estimate({ a: 'a.gguf' }, { maxSequences }, speculation)).contexts[0]!.bufferBytes;
  for (const maxSequences of [1, 4, 16, 64]) {
    const more = (await buffersOf(maxSequences, 'auto')) - (await buffersOf(maxSequences, 'off'));
    const positions = more / (vocabSize * 4);
    expect(positions).toBeGreaterThan(0);
    // Two of each in our windows, and two in llama.cpp beyond those it has for scoring.
    expect(positions).toBeLessThanOrEqual(4 * Math.max(32, maxSequences));
  }
  expect(await buffersOf(4, 'copies:length=2')).toBe(await buffersOf(4, 'auto'));
});

describe('what does not fit', () => {
  const recipe = () =>
    resolveRecipe(
      { name: 'big', models: { a: 'a.gguf', b: 'b.gguf' }, base: 'a', formula: 'a + b' },
      { directory: folder },
    );

  it('is refused with what takes how much, and what to lower', async () => {
    const needed = await estimateMemory(recipe());
    requireFit(recipe(), needed, needed.totalBytes);
    expect(() => requireFit(recipe(), needed, needed.totalBytes - 1)).toThrow(
      InsufficientMemoryError,
    );
    await expect(requireMemory(recipe(), 5 * 2 ** 20)).rejects.toThrow(
      /^The recipe big needs about \d+ MiB and there are 5 MiB \(a: weights \d+ MiB, cache \d+ MiB, buffers \d+ MiB; b: weights .*; the process itself 100 MiB\)\. Lower engine\.contextLength or engine\.maxSequences/,
    );
  });

  it('is measured by what there is, unless another limit is given', async () => {
    const needed = await estimateMemory(recipe());
    expect(() => requireFit(recipe(), { ...needed, availableBytes: 1 })).toThrow('there are 1 MiB');
    expect(() => requireFit(recipe(), { ...needed, availableBytes: 1 }, Infinity)).not.toThrow();
    expect(() => requireFit(recipe(), needed)).not.toThrow();
  });
});

it('counts a scalar reward model’s cache once for all its candidates', async () => {
  const rewards = { r: { model: 'b', head: 'h', headFile: 'h.json' } };
  const of = async (candidates: number, maxSequences: number) => {
    const document: RecipeDocument = {
      models: { a: 'a.gguf', b: 'b.gguf' },
      base: 'a',
      rewards,
      guidance: { method: 'args', candidates },
      engine: { maxSequences },
    };
    const { contexts } = await estimateMemory(resolveRecipe(document, { directory: folder }));
    expect(contexts.map(({ models }) => models)).toEqual([['a'], ['b']]);
    return contexts[1]!;
  };
  const [few, many] = [await of(2, 4), await of(20, 4)];
  expect(many.kvBytes).toBe(few.kvBytes);
  const perCell = few.kvBytes / (4 * (512 + 256));
  expect((await of(2, 1)).kvBytes).toBe(perCell * (512 + 256));
  expect(few.weightBytes).toBeGreaterThan(0);
});

it('knows what caches and buffers depend on', async () => {
  const of = async (engine: EngineSettings) =>
    (await estimate({ a: 'a.gguf' }, engine)).contexts[0]!;
  const plain = await of({});
  const more = await of({ maxSequences: 8 });
  expect(more.kvBytes).toBe(2 * plain.kvBytes);
  // Of each answer more, a row of logits in the graph, one where it is read, and two of ours.
  expect(more.bufferBytes - plain.bufferBytes).toBe(4 * vocabSize * 4 * 4);
  expect((await of({ kvType: 'f32' })).kvBytes).toBe(2 * plain.kvBytes);
  expect((await of({ contextLength: 256 })).kvBytes).toBe(plain.kvBytes / 2);
  expect((await of({ contextLength: 257 })).kvBytes).toBe(plain.kvBytes); // 256 come at once
  // Scores of attention: a number a token, cell and head, which flash attention does not hold.
  const flash = await of({ flashAttention: true });
  expect(plain.bufferBytes - flash.bufferBytes).toBe(512 * 512 * 2 * 4);
  const small = await of({ batchSize: 64 });
  expect(plain.bufferBytes - small.bufferBytes).toBe((512 - 64) * (64 * 4 * 10 + 512 * 2 * 4));
});
