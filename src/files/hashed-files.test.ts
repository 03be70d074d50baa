import {
  mkdtempSync,
  readdirSync,
  readFileSync,
  rmSync,
  statSync,
  truncateSync,
  utimesSync,
  writeFileSync,
} from 'node:fs';
import { tmpdir } from 'node:os';
import path from 'node:path';

import { afterEach, beforeEach, describe, expect, it } from 'vitest';

import { HashedFiles } from './hashed-files.ts';

let root: string;
let folder: string;
beforeEach(() => {
  root = mkdtempSync(path.join(tmpdir(), 'trimtab-test-'));
  folder = path.join(root, 'kept');
});
afterEach(() => rmSync(root, { recursive: true }));

const files = (maxBytes = 10_000) => new HashedFiles({ folder, maxBytes });
const data = new Uint8Array(1000).map((_, i) => i);
const place = (name: string) => path.join(folder, `${name}.kept`);

describe('hashed files', () => {
  it('give back what was written, to the owner alone', async () => {
    const head = { tokens: [1, 2, 3], of: 'ä' };
    expect(await files().write('a.b-c', { head, data })).toBe(true);
    expect(await files().head('a.b-c')).toEqual(head);
    const read = (await files().read('a.b-c'))!;
    expect(read.head).toEqual(head);
    expect([...read.data]).toEqual([...data]);
    expect(statSync(folder).mode & 0o777).toBe(0o700);
    expect(statSync(place('a.b-c')).mode & 0o777).toBe(0o600);
    expect(readdirSync(folder)).toEqual(['a.b-c.kept']);
  });

  it('are not there where there are none, or no folder', async () => {
    expect(await files().read('a')).toBeUndefined();
    expect(await files().head('a')).toBeUndefined();
    expect(await files().names()).toEqual([]);
    await files().delete(() => true);
  });

  it('are not there where any of their bytes is another, or some are lacking', async () => {
    await files().write('a', { head: { of: 1 }, data });
    const whole = readFileSync(place('a'));
    for (const at of [0, 9, 14, 30, 500, whole.length - 1]) {
      const other = Buffer.from(whole);
      other[at]! ^= 1;
      writeFileSync(place('a'), other);
      expect(await files().read('a')).toBeUndefined();
    }
    for (const length of [0, 5, 12, 20, whole.length - 1]) {
      writeFileSync(place('a'), whole);
      truncateSync(place('a'), length);
      expect(await files().read('a')).toBeUndefined();
      await files().head('a');
    }
    const huge = Buffer.from(whole);
    huge.writeUInt32LE(2 ** 32 - 1, 8);
    writeFileSync(place('a'), huge);
    expect(await files().head('a')).toBeUndefined();
    expect(await files().read('a')).toBeUndefined();
  });

  it('reach no other place by a name', async () => {
    writeFileSync(path.join(root, 'secret.kept'), 'x');
    for (const name of ['../secret', '', '.', '..', 'a/b', 'a\0', '.hidden', 'x'.repeat(300)]) {
      expect(await files().read(name)).toBeUndefined();
      await expect(files().write(name, { head: 0, data })).rejects.toThrow('no name');
    }
  });

  it('are bounded together: those that were used longest ago go, and one that is larger is not written', async () => {
    const bounded = files(3500);
    for (const [i, name] of ['a', 'b', 'c'].entries()) {
      await bounded.write(name, { head: i, data });
      utimesSync(place(name), 1000 + i, 1000 + i);
    }
    await bounded.read('a'); // it is used now
    await bounded.write('d', { head: 0, data });
    expect((await bounded.names()).toSorted()).toEqual(['a', 'c', 'd']);
    expect(await bounded.write('e', { head: 0, data: new Uint8Array(4000) })).toBe(false);
    expect(await bounded.names()).toHaveLength(3);
  });

  it('are deleted by their names', async () => {
    for (const name of ['x.1', 'x.2', 'y.1']) await files().write(name, { head: 0, data });
    await files().delete((name) => name.startsWith('x.'));
    expect(await files().names()).toEqual(['y.1']);
  });
});
