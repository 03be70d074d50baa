import { readdir, stat } from 'node:fs/promises';
import path from 'node:path';

import { InvalidOptionError } from '../../spec/index.ts';
import { isTaskModule } from './task-module.ts';

/** What is taken of a directory; other formats are read where a file is named itself. */
const extensions: ReadonlySet<string> = new Set(['.jsonl', '.csv', '.txt']);

/**
 * The files of a suite: those of a directory that can be tasks (`.jsonl`, `.csv`, `.txt` and modules, by
 * name; none of folders in it, and no hidden ones), or the file itself.
 * @throws InvalidOptionError for a directory without any; the file system's error.
 */
export async function taskFiles(place: string): Promise<string[]> {
  if (!(await stat(place)).isDirectory()) return [place];
  const entries = await readdir(place, { withFileTypes: true });
  const names = entries
    .filter((entry) => !entry.isDirectory() && !entry.name.startsWith('.'))
    .map(({ name }) => name)
    .filter((name) => extensions.has(path.extname(name)) || isTaskModule(name));
  if (names.length > 0) return names.toSorted().map((name) => path.join(place, name));
  throw new InvalidOptionError(
    place,
    `${place} holds no task: a suite is a directory of .jsonl, .csv, .txt files or modules.`,
  );
}
