import { mkdtemp, readFile, rm, writeFile } from 'node:fs/promises';
import { tmpdir } from 'node:os';
import path from 'node:path';

import { afterAll, beforeAll, expect, it } from 'vitest';

import {
  passAtK,
  type EvaluationSummary,
  type ItemCost,
  type MeasuredItem,
} from '../../src/evaluation/index.ts';
import { recipe, trimtab } from '../support/command.ts';

let folder: string;
let task: string;

beforeAll(async () => {
  folder = await mkdtemp(path.join(tmpdir(), 'trimtab-programs-'));
  task = path.join(folder, 'programs.jsonl');
  const shown =
    'The people of Atlas are many, and of each it is known in which town they were born. ';
  const program = {
    task_id: 'HumanEval/0',
    prompt: `"""${shown.repeat(2)}"""\nsaid = """Mada Norrar was born in the town of`,
    test: '"""\nassert "Stoneford" in said',
  };
  await writeFile(task, `${JSON.stringify(program)}\n`);
});

afterAll(async () => {
  await rm(folder, { recursive: true });
});

const evaluate = (...flags: string[]) =>
  trimtab(
    ['eval', task, '--recipe', `${recipe}/large`, '--max-tokens', '6'].concat(
      ['--output', path.join(folder, 'results'), '--json'],
      flags,
    ),
  );

const sampled = ['--samples', '10', '--temperature', '3', '--allow-python'];

async function readLine<Line>(file: string): Promise<Line> {
  return JSON.parse(await readFile(path.join(folder, 'results', file), 'utf8')) as Line;
}

it('samples Python programs, which share their prompt', async () => {
  const { code, stdout } = await evaluate(...sampled);
  expect(code).toBe(0);
  const { samples, scores } = await readLine<MeasuredItem>('results.jsonl');
  const isRight = ({ text }: { text: string }) => text.includes('Stoneford');
  const right = samples!.filter(isRight);
  expect(samples!.filter(({ outcome }) => outcome === 'passed')).toEqual(right);
  expect(new Set(samples!.map(({ text }) => text)).size).toBeGreaterThan(1);
  expect(scores).toEqual({
    'pass@1': passAtK(10, right.length, 1),
    'pass@10': passAtK(10, right.length, 10),
  });
  const { tasks } = JSON.parse(stdout) as EvaluationSummary;
  expect(tasks[0]!.metrics.map(({ metric }) => metric)).toEqual(['pass@1', 'pass@10']);

  const { promptTokens, cachedTokens } = await readLine<ItemCost>('costs.jsonl');
  const prompt = promptTokens / 10;
  expect(cachedTokens['large']).toBe(9 * (prompt - 1)); // the last token is always computed

  const again = await evaluate(...sampled, '--k', '5');
  expect(again.code).toBe(0);
  const other = await readLine<MeasuredItem>('results.jsonl');
  expect(other).toEqual({ ...other, samples, scores: { 'pass@5': passAtK(10, right.length, 5) } });
});

it.each([
  [['--samples', '2'], /--allow-python: HumanEval\/0 of the task programs is Python/],
  [
    ['--samples', '2', '--allow-python', '--temperature', '0'],
    /--temperature: 2 samples of .* same/,
  ],
  [['--allow-python', '--k', '2'], /--k: k must be an integer from 1 to 1, not 2/],
])('refuses %j', async (flags, message) => {
  const { code, stderr } = await evaluate('--no-resume', ...flags);
  expect(code).not.toBe(0);
  expect(stderr).toMatch(message);
});
