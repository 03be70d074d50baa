import { copyFile, mkdtemp, rename, rm, truncate } from 'node:fs/promises';
import { tmpdir } from 'node:os';
import path from 'node:path';

import { afterAll, beforeAll, describe, expect, it } from 'vitest';

import { splitModel, writeSmallModels } from '../../test/support/gguf/index.ts';
import { describeModel } from './describe.ts';
import { readGgufHeader } from './read-header.ts';
import { readModelHeader } from './read-model.ts';

let folder: string;
let whole: string;
let parts: [string, string];
beforeAll(async () => {
  folder = await mkdtemp(path.join(tmpdir(), 'trimtab-split-'));
  await writeSmallModels(folder, { vocabSize: 300, blockCount: 1 });
  whole = path.join(folder, 'a.gguf');
  parts = await splitModel(whole, path.join(folder, 's'));
});
afterAll(() => rm(folder, { recursive: true }));

const refused = (field: string, message: RegExp) =>
  expect.objectContaining({ field, message: expect.stringMatching(message) as string }) as Error;

describe('the header of a model', () => {
  it('is that of its file', async () => {
    expect(await readModelHeader(whole)).toEqual(await readGgufHeader(whole));
  });

  it('has the tensors of all files where it is split', async () => {
    const split = describeModel(await readModelHeader(parts[0]));
    expect(split).toEqual({ ...describeModel(await readGgufHeader(whole)), splitCount: 2 });
    const { tensorBytes } = describeModel(await readGgufHeader(parts[0]));
    expect(tensorBytes).toBeLessThan(split.tensorBytes);
  });

  it('is refused where a part is missing, damaged, of another model, or called otherwise', async () => {
    const read = () => readModelHeader(parts[0]);
    await rename(parts[1], `${parts[1]}.kept`);
    await expect(read()).rejects.toThrow(refused('file', /00002-of-00002\.gguf does not exist/));
    await copyFile(whole, parts[1]);
    await expect(read()).rejects.toThrow(refused('metadata["split.count"]', /no part of a model/));
    await copyFile(`${parts[1]}.kept`, parts[1]);
    await truncate(parts[1], 400);
    await expect(read()).rejects.toThrow(/00002-of-00002\.gguf: The file ends inside its header/);
    const other = path.join(folder, 'first.gguf');
    await copyFile(parts[0], other);
    await expect(readModelHeader(other)).rejects.toThrow(
      refused('metadata["split.count"]', /found by their names/),
    );
  });
});
