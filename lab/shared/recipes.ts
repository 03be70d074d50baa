import { existsSync } from 'node:fs';
import { mkdir, rename } from 'node:fs/promises';
import { tmpdir } from 'node:os';
import path from 'node:path';

import {
  createVocabulary,
  writeRandomModel,
  type RandomModelShape,
} from '../../test/support/gguf/index.ts';
import { resolveRecipe, type EngineSettings, type Recipe } from '../../src/index.ts';

/** Where random models are kept between runs. */
const cache = path.join(tmpdir(), 'trimtab-bench');

export const modelsFolder = path.join(import.meta.dirname, '../..', 'models');

/** Files of the three roles of proxy-tuning, in the order in which they decode. */
export interface RoleFiles {
  readonly base: string;
  readonly expert: string;
  readonly antiExpert: string;
}

export const embeddedFiles: RoleFiles = {
  base: path.join(modelsFolder, 'atlas-large.gguf'),
  expert: path.join(modelsFolder, 'atlas-small-chat.gguf'),
  antiExpert: path.join(modelsFolder, 'atlas-small.gguf'),
};

/** Greedy proxy-tuning over three files, every model seeing the same tokens. */
export function proxyTuningRecipe(name: string, files: RoleFiles, engine: EngineSettings): Recipe {
  const raw = (file: string) => ({ file, prompt: 'raw' as const });
  return resolveRecipe(
    {
      name,
      models: {
        base: raw(files.base),
        expert: raw(files.expert),
        antiExpert: raw(files.antiExpert),
      },
      base: 'base',
      expert: 'expert',
      antiExpert: 'antiExpert',
      sampling: { temperature: 0 },
      engine,
    },
    { directory: modelsFolder },
  );
}

const vocabSize = 128_256;
const common = { vocabSize, contextLength: 2048, type: 'Q8_0' } as const;

/** About 1.2 thousand million parameters. */
const billion: RandomModelShape = {
  ...common,
  embeddingLength: 2048,
  blockCount: 16,
  headCount: 32,
  headCountKv: 8,
  feedForwardLength: 8192,
  seed: 1,
};

/** About 47 million, two thirds of them the embedding of the vocabulary. */
const small: RandomModelShape = {
  ...common,
  embeddingLength: 256,
  blockCount: 8,
  headCount: 4,
  feedForwardLength: 2048,
  seed: 2,
};

/** Writes the models of the large benchmark unless an earlier run has: about 1.4 GB. */
export async function largeFiles(onProgress: (text: string) => void): Promise<RoleFiles> {
  const shapes = { base: billion, expert: small, antiExpert: { ...small, seed: 3 } };
  await mkdir(cache, { recursive: true });
  const files = { base: '', expert: '', antiExpert: '' };
  for (const [role, shape] of Object.entries(shapes) as [keyof RoleFiles, RandomModelShape][]) {
    const { embeddingLength, blockCount, seed } = shape;
    const file = path.join(cache, `random-${embeddingLength}x${blockCount}-${seed}.gguf`);
    files[role] = file;
    if (existsSync(file)) continue;
    onProgress(`writing ${file}`);
    const vocabulary = createVocabulary(vocabSize, 1);
    await writeRandomModel(`${file}.part`, { ...shape, vocabulary });
    await rename(`${file}.part`, file);
  }
  return files;
}
