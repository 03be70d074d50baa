import { beforeAll, expect, it } from 'vitest';

import type { Cli } from '../cli.ts';
import { createOutput } from '../output.ts';
import { createProgram } from '../program.ts';
import { completeWords } from './complete-words.ts';
import type { Command } from 'commander';

let program: Command;
beforeAll(async () => {
  const out = createOutput({ write: () => {} }, [], {});
  program = await createProgram({ out, err: out } as unknown as Cli, [
    'run',
    'profile',
    'completion',
  ]);
});

const complete = (...words: string[]) => {
  const { words: found, mayBeFile } = completeWords(program, words);
  return { words: found.map(([word]) => word), mayBeFile };
};

it.each([
  [['ru'], ['run'], false],
  [['profile', 'sh'], ['show'], false],
  [['run', ''], [], true],
  [['run', 'a.yaml', '--temp'], ['--temperature'], false],
  [['run', '--no-forg'], ['--no-forget'], false],
  [['run', '--schema', ''], [], true],
  [['run', '--schema=', ''], [], true],
  [['run', '--schema', 'x.json', '--temp'], ['--temperature'], false],
  [['run', '--trace', '--temp'], ['--temperature'], false],
  [['run', '--', '--temp'], [], true],
  [['completion', ''], ['bash', 'zsh', 'fish'], false],
  [['completion', 'bash', ''], [], false],
  [['nothing', ''], [], false],
  [['--ver'], ['--version'], false],
])('%j', (words, found, mayBeFile) => {
  expect(complete(...words)).toEqual({ words: found, mayBeFile });
});

it('lists every command that people call, and says what each is for', () => {
  const { words } = completeWords(program, ['']);
  const names = words.map(([name]) => name);
  expect(names).toContain('serve');
  expect(names).not.toContain('complete');
  for (const [, what] of words) expect(what).toMatch(/^[^\n\t]+$/);
});
