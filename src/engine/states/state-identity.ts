import { createHash } from 'node:crypto';
import { open } from 'node:fs/promises';

import { isOnServer, modelPath, type Recipe } from '../../recipe/index.ts';
import type { LoadedModel } from '../load/models.ts';
import { describeComputing } from '../load/settings.ts';

/** Of the layout of what is saved: another is not read. */
const layout = 1;

/** Parts of a file that stand for it, and the bytes of each. */
const samples = 64;
const sampleBytes = 2 ** 14;

/**
 * What a KV state depends on beside its tokens: the weights, the adapters and how they are scaled, and what computes them. A
 * state of another identity is another model's.
 */
export async function stateIdentity(
  recipe: Recipe,
  { declaration, weights }: Pick<LoadedModel, 'declaration' | 'weights'>,
): Promise<string> {
  const { source, adapters } = declaration;
  const file = isOnServer(declaration) ? null : await fileIdentity(modelPath(source));
  const skills = [...recipe.skills.values()].map(({ adapter }) => adapter);
  const adapted = [...adapters, ...skills].map(async (adapter) => [
    adapter,
    await fileIdentity(adapter.file),
  ]);
  const computing = describeComputing(recipe, weights);
  const parts = [layout, computing, weights.name, weights.weightBytes, file];
  const text = JSON.stringify([...parts, ...(await Promise.all(adapted))]);
  return createHash('sha256').update(text).digest('hex');
}

/**
 * A file of gigabytes by its size, its time and samples of its bytes: a copy of it with another time is read again, and
 * nothing is lost by that. `null` where there is no such file.
 */
async function fileIdentity(file: string): Promise<readonly unknown[] | null> {
  try {
    await using handle = await open(file);
    const { size, mtimeMs } = await handle.stat();
    const hash = createHash('sha256');
    const buffer = Buffer.alloc(sampleBytes);
    for (let i = 0; i < samples; i++) {
      const from = Math.floor((Math.max(0, size - sampleBytes) * i) / (samples - 1));
      const { bytesRead } = await handle.read(buffer, 0, sampleBytes, from);
      hash.update(buffer.subarray(0, bytesRead));
    }
    return [size, mtimeMs, hash.digest('hex')];
  } catch {
    return null;
  }
}
