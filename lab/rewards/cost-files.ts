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

/** Where random models are kept between runs. */
const cache = path.join(tmpdir(), 'trimtab-bench');

export interface CostFiles {
  readonly base: string;
  readonly expert: string;
  readonly antiExpert: string;
  /** With a scalar head; its logits serve as next-token values. */
  readonly reward: string;
}

type Shape = Omit<RandomModelShape, 'vocabSize' | 'contextLength' | 'type'>;

/** With a vocabulary of 32,000 about 48 million parameters, and 12: a quarter. */
const shapes: Record<'base' | 'small', Omit<Shape, 'seed'>> = {
  base: { embeddingLength: 512, blockCount: 10, headCount: 8, feedForwardLength: 1408 },
  small: { embeddingLength: 256, blockCount: 5, headCount: 4, feedForwardLength: 704 },
};

/** Writes random models, all Q8_0 of one vocabulary, unless an earlier run has. */
export async function costFiles(
  vocabSize: number,
  onProgress: (text: string) => void,
): Promise<CostFiles> {
  await mkdir(cache, { recursive: true });
  const write = async (name: string, shape: Shape): Promise<string> => {
    const file = path.join(cache, `rewards-${name}-${vocabSize}.gguf`);
    if (existsSync(file)) return file;
    onProgress(`writing ${file}`);
    const vocabulary = createVocabulary(vocabSize, 1);
    const common = { vocabSize, vocabulary, contextLength: 2048, type: 'Q8_0' } as const;
    await writeRandomModel(`${file}.part`, { ...shape, ...common });
    await rename(`${file}.part`, file);
    return file;
  };
  const head = Array.from({ length: shapes.small.embeddingLength }, (_, i) => Math.sin(i));
  const metadata = [
    ['trimtab.reward.heads', arrayOfStrings(['value'])],
    ['trimtab.reward.weight', arrayOfNumbers('float32', head)],
    ['trimtab.reward.bias', arrayOfNumbers('float32', [0])],
  ] as const;
  return {
    base: await write('base', { ...shapes.base, seed: 1 }),
    expert: await write('expert', { ...shapes.small, seed: 2 }),
    antiExpert: await write('anti-expert', { ...shapes.small, seed: 3 }),
    reward: await write('reward', { ...shapes.small, seed: 4, metadata }),
  };
}
