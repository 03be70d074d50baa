import { createHash } from 'node:crypto';
import path from 'node:path';

import { createFolder, dataDirectory, isThere } from '../files/index.ts';
import { readGgufHeader } from '../gguf/index.ts';
import { hashFile, isSvf, readExpert } from './expert-file.ts';
import type { DecomposeOptions } from './model-matrices.ts';
import { writeAdapters } from './write-adapter.ts';

/** What is made of an expert, by a version of it. */
const form = 'lora-1';

/** Whether a file is an SVF expert, which {@link keptAdapters} makes adapters of. @throws GgufError */
export async function isExpert(file: string): Promise<boolean> {
  return isSvf(await readGgufHeader(file));
}

/**
 * Experts of a model as adapters that llama.cpp lays over it, kept in the data folder by the hash of both: made once.
 * @returns A file for each expert.
 * @throws ModelLoadError for an expert of another model, GgufError for weights that cannot be read as numbers.
 */
export async function keptAdapters(
  model: string,
  files: readonly string[],
  options: DecomposeOptions = {},
): Promise<readonly string[]> {
  if (files.length === 0) return [];
  const folder = path.join(dataDirectory(), 'skills');
  const base = await hashFile(model);
  const kept = await Promise.all(
    files.map(async (file) => {
      const key = createHash('sha256').update(`${form} ${base} ${await hashFile(file)}`);
      return path.join(folder, `${key.digest('hex')}.gguf`);
    }),
  );
  const missing: { readonly file: string; readonly target: string }[] = [];
  for (const [i, target] of kept.entries()) {
    const isNew = !missing.some((other) => other.target === target);
    if (isNew && !(await isThere(target))) missing.push({ file: files[i]!, target });
  }
  if (missing.length > 0) {
    createFolder(folder);
    const experts = await Promise.all(missing.map(({ file }) => readExpert(file)));
    await writeAdapters(
      model,
      experts,
      missing.map(({ target }) => target),
      options,
    );
  }
  return kept;
}
