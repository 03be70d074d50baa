import { spawn } from 'node:child_process';
import { mkdtemp, readFile, rm, writeFile } from 'node:fs/promises';
import { tmpdir } from 'node:os';
import path from 'node:path';

import { afterAll, beforeAll, describe, expect, it } from 'vitest';

import {
  createTask,
  evaluate,
  readTask,
  recipeFingerprint,
  type EvaluationSystem,
  type EvaluationTask,
  type ItemResult,
} from '../../src/evaluation/index.ts';
import { createLocalService } from '../../src/service/index.ts';
import { loadRecipe, type InferenceService } from '../../src/index.ts';
import { uniformAt } from '../../src/math/index.ts';
import { recipe, root, run } from '../support/command.ts';
import { builtFile } from '../support/built.ts';

const heldOut = path.join(root, 'models/atlas-heldout.jsonl');

let folder: string;
let service: InferenceService;
let systems: EvaluationSystem[];

beforeAll(async () => {
  folder = await mkdtemp(path.join(tmpdir(), 'trimtab-evaluation-'));
  service = await createLocalService({ recipes: [recipe] });
  const fingerprint = await recipeFingerprint(await loadRecipe(recipe));
  systems = ['large', null].map((only) => ({
    name: only ?? 'composed',
    recipe: 'atlas-chat',
    fingerprint,
    only,
    options: { maxTokens: 24, temperature: 1 },
  }));
});
afterAll(async () => {
  await service[Symbol.asyncDispose]();
  await rm(folder, { recursive: true });
});

const resultsOf = (name: string) => readFile(path.join(folder, name, 'results.jsonl'), 'utf8');

async function evaluateTask(name: string, task: EvaluationTask, concurrency: number) {
  const directory = path.join(folder, name);
  const options = { service, tasks: [task], systems, seed: 5, version: '0', directory };
  const { records } = await evaluate({ ...options, concurrency });
  return records.map(({ result }) => result as Exclude<ItemResult, { error: object }>);
}

describe('evaluate on the embedded models', () => {
  it('gives the same results alone and many at once, with temperature', async () => {
    const { name, items } = readTask(await readFile(heldOut, 'utf8'), heldOut);
    const task = { name, items: items.slice(0, 8) };
    const alone = await evaluateTask('alone', task, 1);
    expect(await evaluateTask('together', task, 16)).toEqual(alone);
    expect(await resultsOf('together')).toBe(await resultsOf('alone'));
    const answers = alone.flatMap(({ answer }) => answer?.text ?? []);
    expect(new Set(answers).size).toBeGreaterThan(8);
  });

  it('scores as the service scores', async () => {
    const text = 'Mada Norrar was born in the town of Stoneford.';
    const prompt = { text: 'Mada Norrar was born in the town of' };
    const options = [' Stoneford', ' Highmoor', ' cats'];
    const task = createTask('likelihoods', [
      { kind: 'choice', prompt, options, right: [0], best: 0 },
      { kind: 'cloze', text: prompt.text, right: ' Stoneford', wrong: [] },
      { kind: 'pair', prompt, chosen: ' Stoneford', rejected: ' cats' },
      { kind: 'text', text },
    ]);
    const results = await evaluateTask('likelihoods', task, 8);
    for (const { name, only, recipe: of } of systems) {
      const own = results.filter(({ system }) => system === name);
      const request = { recipe: of, owner: 'test', options: only === null ? {} : { only } };
      const scores = await Promise.all(
        options.map((continuation) => service.score({ ...request, prompt, continuation })),
      );
      const logprobs = scores.map(({ logprob }) => logprob);
      const masses = logprobs.map(Math.exp);
      const mc2 = masses[0]! / masses.reduce((sum, mass) => sum + mass, 0);
      expect(own[0]!.continuations!.map(({ logprob }) => logprob)).toEqual(logprobs);
      expect(own[0]!.scores['mc2']).toBeCloseTo(mc2, 9);
      expect(own[1]!.scores['accuracy']).toBe(scores[0]!.isGreedy ? 1 : 0);
      expect(own[2]!.scores['accuracy']).toBe(logprobs[0]! > logprobs[2]! ? 1 : 0);
      // The vocabulary begins texts with a token of its own, so that every byte has a probability.
      const whole = await service.score({ ...request, prompt: { text: '' }, continuation: text });
      expect(own[3]!.continuations![0]!.logprob).toBe(whole.logprob);
    }
  });
});

describe('trimtab eval, killed', () => {
  const args = ['--limit', '20', '--temperature', '1', '--quiet', '--max-tokens', '24'];

  function command(name: string): string[] {
    const evaluation = ['eval', heldOut, '--recipe', recipe, '--output', path.join(folder, name)];
    return [builtFile('cli/main.js'), ...evaluation, ...args];
  }

  const linesOf = async (name: string) =>
    (await resultsOf(name).catch(() => '')).split('\n').length - 1;

  /** Ends the command with a signal as soon as there are `more` results. @returns Its exit code and signal. */
  async function killAfter(name: string, more: number, signal: NodeJS.Signals) {
    const enough = (await linesOf(name)) + more;
    const child = spawn(process.execPath, command(name), { cwd: root });
    let stderr = '';
    child.stderr.setEncoding('utf8').on('data', (text: string) => (stderr += text));
    const closed = new Promise<void>((resolve) => child.on('close', () => resolve()));
    while (child.exitCode === null && (await linesOf(name)) < enough) {
      await new Promise((resolve) => setTimeout(resolve, 2));
    }
    child.kill(signal);
    await closed;
    return { code: child.exitCode, signal: child.signalCode, stderr };
  }

  it('leaves the same results after six kills as without one', async () => {
    expect(await run(process.execPath, command('whole'))).toMatchObject({ code: 0 });
    for (let kill = 0; kill < 6; kill++) {
      const more = 1 + Math.floor(7 * uniformAt(1, kill));
      const { signal } = await killAfter('killed', more, 'SIGKILL');
      expect(signal).toBe('SIGKILL');
    }
    const before = await linesOf('killed');
    expect(before).toBeLessThan(60);
    expect(await run(process.execPath, command('killed'))).toMatchObject({ code: 0 });
    expect(await resultsOf('killed')).toBe(await resultsOf('whole'));
  });

  it('says after Ctrl-C what is done and how to go on', async () => {
    const { code, stderr } = await killAfter('interrupted', 3, 'SIGINT');
    expect(code).toBe(130);
    expect(stderr).toMatch(/^\d+ of 60 items are done and kept in .*interrupted: the same command/);
    expect(await run(process.execPath, command('interrupted'))).toMatchObject({ code: 0 });
    expect(await resultsOf('interrupted')).toBe(await resultsOf('whole'));
  });

  it('does a damaged line again', async () => {
    const file = path.join(folder, 'whole', 'results.jsonl');
    const whole = await resultsOf('whole');
    await writeFile(file, whole.slice(0, -20));
    expect(await run(process.execPath, command('whole'))).toMatchObject({ code: 0 });
    expect(await resultsOf('whole')).toBe(whole);
  });
});
