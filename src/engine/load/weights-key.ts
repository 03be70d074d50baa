import { realpath } from 'node:fs/promises';

import { modelPath, type RecipeModel } from '../../recipe/index.ts';

/** Equal for models that share their weights: the same file, however it is named, in the same layout. */
export async function weightsKey(
  { source, gpuLayers }: RecipeModel,
  repack = false,
): Promise<string> {
  const path = modelPath(source);
  const real = await realpath(path).catch(() => path);
  return JSON.stringify([real, gpuLayers, repack]);
}
