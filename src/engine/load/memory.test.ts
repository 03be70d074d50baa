import { mkdtemp, rm } from 'node:fs/promises';
import { tmpdir } from 'node:os';
import path from 'node:path';

import { afterAll, beforeAll, expect, it } from 'vitest';

import { writeRandomModel } from '../../../test/support/gguf/index.ts';
import { resolveRecipe, type EngineSettings } from '../../recipe/index.ts';
import { estimateMemory } from './memory.ts';

let folder: string;
const vocabSize = 2000;

beforeAll(async () => {
  folder = await mkdtemp(path.join(tmpdir(), 'trimtab-memory-'));
  const shape = {
    vocabSize,
    embeddingLength: 64,
    blockCount: 2,
    headCount: 2,
    feedForwardLength: 96,
    contextLength: 512,
    type: 'Q8_0',
  } as const;
  await writeRandomModel(path.join(folder, 'a.gguf'), { ...shape, seed: 1 });
  await writeRandomModel(path.join(folder, 'b.gguf'), { ...shape, seed: 2 });
});

afterAll(() => rm(folder, { recursive: true, force: true }));

function estimate(models: Record<string, string>, engine: EngineSettings = {}) {
  const formula = Object.keys(models).join(' + ');
  const base = Object.keys(models)[0]!;
  return estimateMemory(resolveRecipe({ models, base, formula, engine }, { directory: folder }));
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

it('knows what the engine settings cost', async () => {
  const plain = (await estimate({ a: 'a.gguf' })).contexts[0]!;
  const repacked = (await estimate({ a: 'a.gguf' }, { repack: true })).contexts[0]!;
  expect(repacked).toEqual({ ...plain, weightBytes: 2 * plain.weightBytes });
  const invariant = (await estimate({ a: 'a.gguf' }, { batchInvariant: true })).contexts[0]!;
  expect(invariant.kvBytes).toBe(plain.kvBytes * (768 / 512)); // a cell more, of which 256 come at once
  expect(invariant.bufferBytes).toBeGreaterThan(plain.bufferBytes);
});
