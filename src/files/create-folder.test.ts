import { existsSync, mkdtempSync, rmSync, statSync, writeFileSync } from 'node:fs';
import { tmpdir } from 'node:os';
import path from 'node:path';

import { afterEach, beforeEach, describe, expect, it } from 'vitest';

import { createFolder } from './create-folder.ts';
import { openSqliteStore } from '../store/index.ts';

let folder: string;
beforeEach(() => {
  folder = mkdtempSync(path.join(tmpdir(), 'trimtab-test-'));
});
afterEach(() => rmSync(folder, { recursive: true }));

/** File systems whose folders nobody can add to, where Node's recursive `mkdir` never ends. */
const sealed = ['/proc/trimtab/data', '/proc/self/trimtab', '/sys/kernel/a/b/c'].filter((place) =>
  existsSync(path.parse(place).root + place.split('/')[1]!),
);

describe('createFolder', () => {
  it('creates what is missing, with its permissions, and leaves what is there', () => {
    const inner = path.join(folder, 'a', 'b', '..', 'c');
    createFolder(inner, 0o700);
    createFolder(inner, 0o755);
    createFolder(folder, 0o755);
    for (const made of [inner, path.join(folder, 'a')]) {
      expect(statSync(made).mode & 0o777).toBe(0o700);
    }
  });

  it('says so where a file is in the way', () => {
    const file = path.join(folder, 'file');
    writeFileSync(file, '');
    for (const place of [file, path.join(file, 'a'), path.join(file, 'a', 'b')]) {
      expect(() => createFolder(place)).toThrow('ENOTDIR');
    }
  });

  it.each(sealed)('ends where nothing can be created: %s', async (place) => {
    expect(() => createFolder(place)).toThrow(/ENOENT|EPERM|EACCES/);
    const opening = openSqliteStore({ file: path.join(place, 'trimtab.db'), now: () => 0 });
    await expect(opening).rejects.toThrow(/Nothing can be written there/);
  });
});
