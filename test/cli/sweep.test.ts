import { mkdtemp, readFile, rm, writeFile } from 'node:fs/promises';
import { tmpdir } from 'node:os';
import path from 'node:path';

import { afterAll, beforeAll, expect, it } from 'vitest';

import { recipe, root, trimtab } from '../support/command.ts';

const validation = path.join(root, 'models/atlas-validation.jsonl');

let folder: string;

beforeAll(async () => {
  folder = await mkdtemp(path.join(tmpdir(), 'trimtab-sweep-'));
});

afterAll(async () => {
  await rm(folder, { recursive: true });
});

it('measures every strength beside the loss on text, and adds one later', async () => {
  const prose = path.join(folder, 'prose.txt');
  await writeFile(prose, 'Mada Norrar was born in the town of Stoneford.\n\nShe was a teacher.\n');
  const output = path.join(folder, 'results');
  const sweep = (...flags: string[]) =>
    trimtab(
      ['sweep', recipe, validation, prose, '--limit', '8', '--metric', 'contains'].concat(
        ['--output', output, '--quiet'],
        flags,
      ),
    );
  const { code, stdout, stderr } = await sweep('--param', 'alpha=0,0.7');
  expect({ code, stderr }).toEqual({ code: 0, stderr: '' });
  expect(stdout).toMatch(
    /^ +setting +atlas-validation: contains +prose: nats-per-byte ↓ +perplexity/,
  );
  expect(stdout).toMatch(/^\* +alpha=0\.7 +1\.000/m);

  const results = path.join(output, 'alpha=0.7', 'results.jsonl');
  const before = await readFile(results, 'utf8');
  const more = await sweep('--param', 'alpha=0.7,1.5,0', '--json');
  const summary = JSON.parse(more.stdout);
  expect(JSON.parse(await readFile(path.join(output, 'sweep.json'), 'utf8'))).toEqual(summary);
  expect(summary.points.map(({ setting }: { setting: string }) => setting)).toEqual([
    'alpha=0.7',
    'alpha=1.5',
    'alpha=0',
  ]);
  expect(await readFile(results, 'utf8')).toBe(before);
  const [, text] = summary.tasks;
  expect(text.metrics[0]).toMatchObject({ metric: 'nats-per-byte', lowerIsBetter: true, n: 2 });
});

it.each([
  [[], 'There is nothing to sweep'],
  [['--kl-budget', '3,3'], '--kl-budget: kl-budget has the value 3 twice'],
  [['--param', 'alpha=1,1'], '--param: alpha has the value 1 twice'],
  [['--param', 'alpha=0,9'], '--param: params.alpha must be a number from 0 to 2, not 9.'],
])('is called wrongly with %j', async (flags, message) => {
  const { code, stderr } = await trimtab(['sweep', recipe, validation, ...flags]);
  expect(code).toBe(2);
  expect(stderr).toContain(message);
});
