import { readdir, readFile } from 'node:fs/promises';
import path from 'node:path';

/** Also of threads and processes, which are started by a file's name. */
const mention = /['"](\.{1,2}\/[^'"\n]*\.(?:ts|mjs))['"]/g;

/** Who names whom: files of `src/` and `test/support/` under a root. */
export async function readImporters(root: string): Promise<ReadonlyMap<string, readonly string[]>> {
  const importers = new Map<string, string[]>();
  for (const folder of ['src', 'test/support']) {
    for (const name of await readdir(path.join(root, folder), { recursive: true })) {
      if (!/\.(?:ts|mjs)$/.test(name)) continue;
      const file = path.join(folder, name);
      const text = await readFile(path.join(root, file), 'utf8');
      for (const [, relative] of text.matchAll(mention)) {
        const named = path.join(path.dirname(file), relative!);
        importers.set(named, [...(importers.get(named) ?? []), file]);
      }
    }
  }
  return importers;
}

/** Unit tests that reach a file, the nearest first: those most likely to fail with it. */
export function relatedTests(
  importers: ReadonlyMap<string, readonly string[]>,
  file: string,
): readonly string[] {
  const reached = new Set([file]);
  for (const each of reached)
    for (const importer of importers.get(each) ?? []) reached.add(importer);
  const folder = path.dirname(file);
  const tests = [...reached].filter((each) => each.endsWith('.test.ts'));
  const isNear = (test: string): boolean => path.dirname(test) === folder;
  return [...tests.filter(isNear), ...tests.filter((test) => !isNear(test))];
}
