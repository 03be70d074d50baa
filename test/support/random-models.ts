import { mkdtemp, rm } from 'node:fs/promises';
import { tmpdir } from 'node:os';
import path from 'node:path';

import { createVocabulary, writeRandomModel, type RandomModelShape } from './gguf/index.ts';

/** A folder that is removed with everything in it. */
export async function temporaryFolder(): Promise<AsyncDisposable & { readonly path: string }> {
  const folder = await mkdtemp(path.join(tmpdir(), 'trimtab-test-'));
  return {
    path: folder,
    [Symbol.asyncDispose]: () => rm(folder, { recursive: true, force: true }),
  };
}

const tiny: RandomModelShape = {
  vocabSize: 512,
  embeddingLength: 64,
  blockCount: 2,
  headCount: 2,
  feedForwardLength: 128,
  contextLength: 1024,
  type: 'Q8_0',
  seed: 1,
};

/** Writes a tiny random model; what is not given, the vocabulary too, is that of every other one. */
export async function writeTinyModel(
  folder: string,
  name: string,
  shape: Partial<RandomModelShape> = {},
): Promise<string> {
  const file = path.join(folder, `${name}.gguf`);
  const vocabulary = shape.vocabulary ?? createVocabulary(shape.vocabSize ?? tiny.vocabSize, 1);
  await writeRandomModel(file, { ...tiny, ...shape, vocabulary });
  return file;
}

/** Settings of the contexts in tests: one thread, exact. */
export const exactContext = {
  contextLength: 1024,
  maxSequences: 4,
  batchSize: 512,
  maxRows: 64,
  threads: 1,
  flashAttention: false,
  kvType: 'f16',
} as const;
