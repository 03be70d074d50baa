import { readFile } from 'node:fs/promises';
import path from 'node:path';

import { describe, expect, it } from 'vitest';

import { experiments } from './experiments.ts';
import { showTable } from './shared/table.ts';

const root = path.join(import.meta.dirname, '..');
const entries = Object.entries(experiments);

/** As on `docs/lab.md`. */
const table = showTable([
  ['experiment', 'what it shows', 'takes', 'its figures'],
  ...entries.map(([name, { shows, takes, page }]) => [
    `\`npm run lab -- ${name}\``,
    shows,
    takes,
    `[${path.basename(page)}](${path.relative('docs', page)})`,
  ]),
]);

/** Without what only aligns columns. */
const rowsOf = (text: string) =>
  text
    .split('\n')
    .filter((line) => line.startsWith('|') && !line.startsWith('| -'))
    .map((line) => line.replaceAll(/ +/g, ' '));

it('docs/lab.md lists every experiment', async () => {
  const page = await readFile(path.join(root, 'docs/lab.md'), 'utf8');
  expect(rowsOf(page), `docs/lab.md should have\n${table}\n`).toEqual(rowsOf(table));
});

describe.each(entries)('%s', (name, { page, open }) => {
  it('is on the page of its figures', async () => {
    expect(await readFile(path.join(root, page), 'utf8')).toContain(`npm run lab -- ${name}`);
  });

  it('says what each flag does, and has none that all have', { tags: ['slow'] }, async () => {
    const { flags } = await open();
    for (const { about } of Object.values(flags)) expect(about).not.toBe('');
    expect(Object.keys(flags)).not.toContain('json');
  });
});
