import path from 'node:path';

import { GgufError } from '../spec/index.ts';
import { splitCount, splitIndex } from './check-model.ts';
import { readGgufHeader, type GgufHeader } from './read-header.ts';

/**
 * The header of a model: that of its file, or, of a model that is split, of the first with the tensors and the size of all.
 * Every file is checked as {@link readGgufHeader} does. Offsets of tensors are those in their own files.
 * @throws GgufError also for a part that is missing, or of another model.
 */
export async function readModelHeader(file: string): Promise<GgufHeader> {
  const first = await readGgufHeader(file);
  const count = splitCount(first.metadata);
  if (count === 1 || splitIndex(first.metadata) > 0) return first;
  const tensors = new Map(first.tensors);
  let { fileSize } = first;
  for (const part of otherParts(file, count)) {
    const header = await readGgufHeader(part);
    if (splitCount(header.metadata) !== count) {
      throw new GgufError(
        'metadata["split.count"]',
        `${part} is no part of a model of ${count} files: fetch all of it again.`,
      );
    }
    for (const [name, tensor] of header.tensors) tensors.set(name, tensor);
    fileSize += header.fileSize;
  }
  return { ...first, tensors, fileSize };
}

/** The files beside the first, as llama.cpp finds them: by their names. @throws GgufError */
function otherParts(file: string, count: number): string[] {
  const written = String(count).padStart(5, '0');
  const end = `-00001-of-${written}.gguf`;
  if (!file.endsWith(end)) {
    throw new GgufError(
      'metadata["split.count"]',
      `${file} is the first of ${count} files, which are found by their names: call it …${end}, and the others alike.`,
    );
  }
  const stem = path.basename(file).slice(0, -end.length);
  return Array.from({ length: count - 1 }, (_, i) => {
    const number = String(i + 2).padStart(5, '0');
    return path.join(path.dirname(file), `${stem}-${number}-of-${written}.gguf`);
  });
}
