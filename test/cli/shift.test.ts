import { mkdtemp, readFile, rm, writeFile } from 'node:fs/promises';
import { tmpdir } from 'node:os';
import path from 'node:path';

import { afterAll, beforeAll, expect, it } from 'vitest';

import { recipe, root, trimtab } from '../support/command.ts';

const heldOut = path.join(root, 'models/atlas-heldout.jsonl');

let folder: string;

beforeAll(async () => {
  folder = await mkdtemp(path.join(tmpdir(), 'trimtab-shift-'));
});

afterAll(async () => {
  await rm(folder, { recursive: true });
});

it('says what steering moves, and that is style and not facts', async () => {
  const labels = path.join(folder, 'labels.json');
  await writeFile(labels, '{ "closing": ["/I hope .*/"] }');
  const output = path.join(folder, 'study');
  const given = [recipe, heldOut, '--limit', '12', '--labels', labels, '--output', output];
  const { code, stdout, stderr } = await trimtab(['shift', ...given, '--json']);
  expect({ code, stderr }).toEqual({ code: 0, stderr: '' });
  const study = JSON.parse(stdout);
  expect(JSON.parse(await readFile(path.join(output, 'shift.json'), 'utf8'))).toEqual(study);
  expect(study).toMatchObject({ recipe: 'atlas-chat', answers: 12 });
  const of = (kind: string) => study.kinds.find((group: { kind: string }) => group.kind === kind);
  expect(of('closing').count).toBeGreaterThan(0);
  expect(of('style').probability).toBeGreaterThan(Math.abs(of('fact').probability));
  expect(study.positions[0]).toMatchObject({ from: 0, count: 12 });

  const lines = (await readFile(path.join(output, 'answers.jsonl'), 'utf8')).trim().split('\n');
  const answers = lines.map((line) => JSON.parse(line));
  expect(answers).toHaveLength(12);
  const tokens = answers.flatMap((answer) => answer.tokens);
  expect(tokens).toHaveLength(study.all.count);
  const mean = tokens.reduce((sum, { probability }) => sum + probability, 0) / tokens.length;
  expect(study.all.probability).toBeCloseTo(mean, 9);
});

it('has nothing to say of the base itself', async () => {
  const prompts = path.join(folder, 'prompts.txt');
  await writeFile(prompts, 'Where was Mada Norrar born?\n\nWho was Elnin Oslack?\n');
  const { code, stdout } = await trimtab([
    'shift',
    recipe,
    '--prompts',
    prompts,
    '--param',
    'alpha=0',
  ]);
  expect(code).toBe(0);
  expect(stdout).toMatch(/^all of 2 answers +\d+ +0\.000 +0\.00 +0 %$/m);
});

it.each<[string[], string]>([
  [[recipe], 'Give either the file of a task, or --prompts'],
  [[recipe, heldOut, '--labels', heldOut], 'atlas-heldout.jsonl: this is not JSON'],
])('is called wrongly with %j', async (args, message) => {
  const { code, stderr } = await trimtab(['shift', ...args]);
  expect(code).toBe(2);
  expect(stderr).toContain(message);
});
