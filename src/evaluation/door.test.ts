import { readFile } from 'node:fs/promises';
import path from 'node:path';

import { expect, it } from 'vitest';

/** Files of this room that a file loads at once, itself among them; types and `import()` load nothing. */
async function loadedWith(file: string, known = new Set<string>()): Promise<Set<string>> {
  if (known.has(file)) return known;
  known.add(file);
  const source = await readFile(file, 'utf8');
  for (const [, kind, to] of source.matchAll(/^(?:im|ex)port (type )?[^;]*?from '(\.[^']+)';$/gm)) {
    const next = path.resolve(path.dirname(file), to!);
    if (kind === undefined && next.startsWith(import.meta.dirname)) await loadedWith(next, known);
  }
  return known;
}

it('loads no sandbox of programs with the door: they have one of their own', async () => {
  const names = async (door: string) => {
    const files = await loadedWith(path.join(import.meta.dirname, door));
    return [...files].map((file) => path.relative(import.meta.dirname, file));
  };
  const sandboxes = ['programs/run-program.ts', 'programs/run-python.ts'];
  const loaded = await names('index.ts');
  expect(loaded).toContain('run/evaluate.ts');
  expect(loaded.filter((file) => sandboxes.includes(file))).toEqual([]);
  expect(await names('programs/index.ts')).toEqual(expect.arrayContaining(sandboxes));
});
