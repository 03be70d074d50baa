import path from 'node:path';

import { writeRandomModel, type RandomModelShape } from './random-model.ts';

/** Writes `a.gguf` and `b.gguf`: two models of one shape, as small as headers and estimates need. */
export async function writeSmallModels(
  folder: string,
  shape: Pick<RandomModelShape, 'vocabSize' | 'blockCount'>,
): Promise<void> {
  for (const [name, seed] of Object.entries({ a: 1, b: 2 })) {
    await writeRandomModel(path.join(folder, `${name}.gguf`), {
      ...shape,
      embeddingLength: 64,
      headCount: 2,
      feedForwardLength: 96,
      contextLength: 512,
      type: 'Q8_0',
      seed,
    });
  }
}
