import { readdir, stat } from 'node:fs/promises';

import { listCached } from '../../hub/index.ts';

/** A model that a user may choose. */
export interface ModelHere {
  /** A path from the working directory, or a name of the hub. */
  readonly place: string;
  readonly bytes: number;
}

/** The second part of a split model and those after it: the first stands for all. */
const laterPart = /-(?!00001)\d{5}-of-\d{5}\.gguf$/i;

/** The GGUF files of this folder, then the models of the hub that are in the cache. */
export async function modelsHere(): Promise<ModelHere[]> {
  const entries = (await readdir('.')).filter(
    (name) => /\.gguf$/i.test(name) && !laterPart.test(name) && !/^mmproj/i.test(name),
  );
  const files = await Promise.all(
    entries
      .toSorted()
      .map(async (place) => ({ place, found: await stat(place).catch(() => null) })),
  );
  const { models } = await listCached();
  return [
    ...files.flatMap(({ place, found }) =>
      found?.isFile() === true ? [{ place, bytes: found.size }] : [],
    ),
    ...models.map(({ name, bytes }) => ({ place: name, bytes })),
  ];
}
