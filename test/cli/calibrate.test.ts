import { mkdtemp, readFile, rm, writeFile } from 'node:fs/promises';
import { tmpdir } from 'node:os';
import path from 'node:path';

import { afterAll, beforeAll, expect, it } from 'vitest';

import { recipe as atlas, root, trimtab } from '../support/command.ts';

const validation = path.join(root, 'models/atlas-validation.jsonl');
const heldOut = path.join(root, 'models/atlas-heldout.jsonl');

let folder: string;
/** A recipe of its own, whose answers are those of the base. */
let recipe: string;

beforeAll(async () => {
  folder = await mkdtemp(path.join(tmpdir(), 'trimtab-calibrate-'));
  recipe = path.join(folder, 'recipe.yaml');
  const text = await readFile(atlas, 'utf8');
  const models = path.join(root, 'models');
  await writeFile(
    recipe,
    text.replaceAll('../models', models).replace('default: 0.7', 'default: 0'),
  );
});

afterAll(async () => {
  await rm(folder, { recursive: true });
});

const calibrate = (...flags: string[]) =>
  trimtab(
    ['calibrate', recipe, '--development', validation, '--objective', 'contains'].concat(
      ['--limit', '6', '--max-tokens', '40', '--output', path.join(folder, 'results'), '--quiet'],
      flags,
    ),
  );

it('writes what it finds into the recipe, which keeps its comments', async () => {
  const before = await readFile(recipe, 'utf8');
  const flags = ['--param', 'alpha=0.4,0.8', '--refine', '2', '--test', heldOut];
  const dry = await calibrate(...flags, '--dry-run');
  expect(dry).toMatchObject({ code: 0, stderr: '' });
  expect(dry.stdout).toMatch(/, was alpha=0$/m);
  expect(dry.stdout).toMatch(/^test set, scored once +0\.\d{3}/m);
  expect(await readFile(recipe, 'utf8')).toBe(before);

  const { code, stdout } = await calibrate(...flags, '--json');
  expect(code).toBe(0);
  const outcome = JSON.parse(stdout);
  const { alpha } = outcome.params;
  expect(alpha).toBeGreaterThan(0);
  expect(outcome.trials).toHaveLength(5);
  expect(outcome.developed.gain.difference.estimate).toBeGreaterThan(0);
  const written = await readFile(recipe, 'utf8');
  expect(written).toContain(before.split('# A request may')[0]!);
  expect(written).toContain(`alpha: { default: ${alpha}, min: 0, max: 2,`);
  expect(written).toMatch(/\n\ncalibration:\n {2}date: \d{4}-\d\d-\d\d\n/);

  // The chosen value is the present one now: only a limit takes it to another.
  const limit = ['--constraint', 'contains<=0.9', '--refine', '0'];
  const second = await calibrate('--param', 'alpha=0', ...limit, '--test', heldOut);
  expect(second.code).toBe(2);
  expect(second.stderr).toContain('--test: it was scored for {"alpha"');
});

it.each([
  [['--param', 'alpha=1', '--test', validation], 'in the development set, too'],
  [['--param', 'alpha=1', '--constraint', 'x=3'], '--constraint: x=3 is no constraint: write'],
  [['--param', 'alpha=1', '--objective', 'dev/'], '--objective: dev/ names no metric: write'],
  [['--param', 'alpha=9'], '--param: params.alpha must be a number from 0 to 2, not 9.'],
])('is called wrongly with %j', async (flags, message) => {
  const { code, stderr } = await calibrate(...flags);
  expect(code).toBe(2);
  expect(stderr).toContain(message);
});
