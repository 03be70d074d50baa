import { mkdir, mkdtemp, rm, writeFile } from 'node:fs/promises';
import { tmpdir } from 'node:os';
import path from 'node:path';

import { afterEach, beforeEach, describe, expect, it } from 'vitest';

import { InvalidOptionError } from '../../spec/index.ts';
import { createTask, type ItemDraft } from '../task.ts';
import { taskFiles } from './task-files.ts';
import { loadTaskModule } from './task-module.ts';

let folder: string;
beforeEach(async () => {
  folder = await mkdtemp(path.join(tmpdir(), 'trimtab-suite-'));
});
afterEach(() => rm(folder, { recursive: true }));

const write = async (name: string, text = ''): Promise<string> => {
  const file = path.join(folder, name);
  await writeFile(file, text);
  return file;
};

describe('taskFiles', () => {
  it('takes what can be a task of a directory, by name, or the file itself', async () => {
    for (const name of ['b.jsonl', 'a.csv', 'c.mjs', 'README.md', '.hidden.jsonl', 'run.json']) {
      await write(name);
    }
    await mkdir(path.join(folder, 'd.jsonl'));
    const names = ['a.csv', 'b.jsonl', 'c.mjs'].map((name) => path.join(folder, name));
    expect(await taskFiles(folder)).toEqual(names);
    expect(await taskFiles(path.join(folder, 'README.md'))).toEqual([
      path.join(folder, 'README.md'),
    ]);
  });

  it('refuses a directory without tasks', async () => {
    await write('README.md');
    await expect(taskFiles(folder)).rejects.toThrow(/holds no task/);
    await expect(taskFiles(path.join(folder, 'nothing'))).rejects.toThrow(/ENOENT/);
  });
});

describe('loadTaskModule', () => {
  const items: readonly ItemDraft[] = [
    { kind: 'generate', prompt: 'q', references: ['a'], metrics: ['contains'], group: 'g' },
    { kind: 'choice', prompt: { text: 'q' }, options: ['a', 'b'], right: [1], best: 1, group: 'g' },
    { kind: 'text', text: 't', group: 'h' },
    { kind: 'cloze', text: 't', right: ' r', wrong: [], group: 'h' },
    {
      kind: 'program',
      language: 'python',
      prompt: 'p',
      tests: 't',
      entryPoint: null,
      group: 'h',
    },
    {
      kind: 'pair',
      prompt: { messages: [{ role: 'user', content: 'q' }] },
      chosen: 'c',
      rejected: 'r',
      group: 'h',
    },
  ];

  it('gives what a module exports, or what its function gives', async () => {
    const json = JSON.stringify(items);
    const file = await write('made.mjs', `export default { items: ${json} };`);
    expect(await loadTaskModule(file)).toEqual(createTask('made', items));
    const named = `export default async () => ({ name: 'own', items: ${json} });`;
    expect((await loadTaskModule(await write('f.mjs', named))).name).toBe('own');
  });

  it.each([
    ['export const items = [];', /exports no task: its default export/],
    ['export default { items: [] };', /has no items/],
    ['export default { items: [{ kind: "text" }] };', /exports no task: items\.0\.text/],
    ['export default { items: [{ kind: "text", text: "a", more: 1 }] };', /items\.0: .*more/],
    [
      'export default { items: [{ kind: "choice", prompt: "p", options: ["a", "b"], right: [2], best: 2 }] };',
      /right must name some of the options/,
    ],
    [
      'const a = { kind: "text", text: "a" }; export default { items: [a, a] };',
      /items\[1\]: is the same item as .*items\[0\]/,
    ],
    ['throw new Error("broken");', /cannot be loaded: broken/],
    ['export default () => { throw new Error("later"); };', /cannot be loaded: later/],
  ])('refuses %s', async (source, message) => {
    const loading = loadTaskModule(await write('bad.mjs', source));
    await expect(loading).rejects.toThrow(InvalidOptionError);
    await expect(loading).rejects.toThrow(message);
  });
});
