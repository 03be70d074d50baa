// Files of random weights, for costs that do not depend on what models say.
import { existsSync } from 'node:fs';
import { mkdir, rename } from 'node:fs/promises';
import { tmpdir } from 'node:os';
import path from 'node:path';

import { arrayOfNumbers, arrayOfStrings } from '../../src/gguf/index.ts';
import {
  createVocabulary,
  writeRandomModel,
  type RandomModelShape,
} from '../../test/support/gguf/index.ts';
import { showProgress } from './progress.ts';
import type { RoleFiles } from './recipes.ts';

/** What the lab keeps from one run to the next. */
export const keptFolder = path.join(tmpdir(), 'trimtab-bench');

type Shape = Omit<RandomModelShape, 'vocabSize' | 'contextLength' | 'type'>;

/** About 1.2 thousand million parameters with a vocabulary of 128,256. */
const billion: Shape = {
  embeddingLength: 2048,
  blockCount: 16,
  headCount: 32,
  headCountKv: 8,
  feedForwardLength: 8192,
  seed: 1,
};

/** About 47 million, two thirds of them the embedding of the vocabulary. */
const small: Shape = {
  embeddingLength: 256,
  blockCount: 8,
  headCount: 4,
  feedForwardLength: 2048,
  seed: 2,
};

/** With a vocabulary of 32,000 about 48 million parameters, and 12: a quarter. */
const quick = { embeddingLength: 512, blockCount: 10, headCount: 8, feedForwardLength: 1408 };
const quicker = { embeddingLength: 256, blockCount: 5, headCount: 4, feedForwardLength: 704 };

/** The models of the large speed measurement: about 1.4 GB. */
export async function largeFiles(): Promise<RoleFiles> {
  const vocabSize = 128_256;
  return {
    base: await randomFile('random-2048x16-1', vocabSize, billion),
    expert: await randomFile('random-256x8-2', vocabSize, small),
    antiExpert: await randomFile('random-256x8-3', vocabSize, { ...small, seed: 3 }),
  };
}

export interface RewardedFiles extends RoleFiles {
  /** With a scalar head; its logits serve as next-token values. */
  readonly reward: string;
}

export async function rewardedFiles(vocabSize: number): Promise<RewardedFiles> {
  const head = Array.from({ length: quicker.embeddingLength }, (_, i) => Math.sin(i));
  const metadata = [
    ['trimtab.reward.heads', arrayOfStrings(['value'])],
    ['trimtab.reward.weight', arrayOfNumbers('float32', head)],
    ['trimtab.reward.bias', arrayOfNumbers('float32', [0])],
  ] as const;
  const write = (name: string, shape: Shape) =>
    randomFile(`rewards-${name}-${vocabSize}`, vocabSize, shape);
  return {
    base: await write('base', { ...quick, seed: 1 }),
    expert: await write('expert', { ...quicker, seed: 2 }),
    antiExpert: await write('anti-expert', { ...quicker, seed: 3 }),
    reward: await write('reward', { ...quicker, seed: 4, metadata }),
  };
}

/** Q8_0; written unless an earlier run has. */
async function randomFile(name: string, vocabSize: number, shape: Shape): Promise<string> {
  const file = path.join(keptFolder, `${name}.gguf`);
  if (existsSync(file)) return file;
  showProgress(`writing ${file}`);
  await mkdir(keptFolder, { recursive: true });
  const vocabulary = createVocabulary(vocabSize, 1);
  const common = { vocabSize, vocabulary, contextLength: 2048, type: 'Q8_0' } as const;
  await writeRandomModel(`${file}.part`, { ...shape, ...common });
  await rename(`${file}.part`, file);
  return file;
}
