import { stripVTControlCharacters } from 'node:util';

import { describe, expect, it } from 'vitest';

import { createOutput } from '../output.ts';
import { withProgress } from './progress.ts';

interface Surroundings {
  readonly quiet?: boolean;
  readonly isTTY?: boolean;
  readonly directory?: string | null;
  readonly error?: unknown;
}

/** What is written on a terminal, or in a pipe, for updates and their times. */
async function shown(
  updates: readonly (readonly [ms: number, done: number, failed?: number])[],
  { quiet = false, isTTY = true, directory = null, error = null }: Surroundings = {},
) {
  let written = '';
  let ms = 0;
  const stream = { isTTY, columns: 80, write: (text: string) => (written += text) };
  const cli = { err: createOutput(stream, ['--no-color'], {}), now: () => ms };
  const result = withProgress(cli, quiet, directory, async (onProgress) => {
    for (const [at, done, failed = 0] of updates) {
      ms = at;
      onProgress({ done, of: 10, failed });
    }
    if (error !== null) throw error;
    return 'done';
  }).catch((reason: unknown) => reason);
  return { result: await result, lines: linesOf(written) };
}

function linesOf(written: string): string[] {
  const lines = stripVTControlCharacters(written).split(/[\r\n]+/);
  return lines.filter((line) => line !== '').map((line) => line.replace(/[━╌]+/, '…'));
}

describe('the progress of an evaluation', () => {
  it('says how far it is, how long it still takes from its rate, and what failed', async () => {
    const { result, lines } = await shown([
      [1000, 2],
      [31_000, 2],
      [61_000, 4],
      [61_050, 5],
      [91_000, 7, 2],
    ]);
    expect(result).toBe('done');
    expect(lines).toEqual([
      'evaluating  …  2 of 10',
      'evaluating  …  2 of 10',
      'evaluating  …  4 of 10, about 3:00 left',
      'evaluating  …  7 of 10, about 0:54 left, 2 failed',
    ]);
  });

  it('is nothing in a pipe, and where quiet is asked for', async () => {
    expect((await shown([[1, 1]], { isTTY: false })).lines).toEqual([]);
    expect((await shown([[1, 1]], { quiet: true })).lines).toEqual([]);
  });
});

describe('what ends an evaluation early', () => {
  const error = new Error('no more');
  const directory = 'runs/a\nb';

  it('is said to have kept what is done', async () => {
    const { result, lines } = await shown([[1, 1]], { error, directory, isTTY: false });
    expect(result).toBe(error);
    expect(lines).toEqual([
      String.raw`1 of 10 items are done and kept in runs/a\nb: the same command goes on from there.`,
    ]);
  });

  it.each<[string, [number, number][], { directory: string | null }]>([
    ['nothing is kept', [[1, 3]], { directory: null }],
    ['nothing is done', [[1, 0]], { directory }],
    ['nothing was begun', [], { directory }],
  ])('says nothing where %s', async (_, updates, options) => {
    const { result, lines } = await shown(updates, { error, isTTY: false, ...options });
    expect([result, lines]).toEqual([error, []]);
  });
});
