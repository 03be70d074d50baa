import { spawn } from 'node:child_process';
import { once } from 'node:events';
import { mkdtemp, readdir, readFile, rm, writeFile } from 'node:fs/promises';
import { tmpdir } from 'node:os';
import path from 'node:path';
import { setTimeout as sleep } from 'node:timers/promises';

import { afterAll, beforeAll, describe, expect, it } from 'vitest';

import { readConversations } from '../../src/evaluation/index.ts';
import { isThere } from '../../src/files/index.ts';
import { loadRecipe } from '../../src/recipe/index.ts';
import { builtFile } from '../support/built.ts';
import { root, trimtab } from '../support/command.ts';

const python = process.env['TRIMTAB_TUNING_PYTHON'];
if (python === undefined) {
  console.log(
    'Skipped: no Python that can tune. Name one in TRIMTAB_TUNING_PYTHON that has what tuning/requirements.txt lists.',
  );
}

const model = path.join(root, 'models/atlas-small.gguf');
const base = path.join(root, 'models/atlas-large.gguf');

let folder: string;
let data: string;

beforeAll(async () => {
  folder = await mkdtemp(path.join(tmpdir(), 'trimtab-pair-'));
  data = path.join(folder, 'chats.jsonl');
  const file = path.join(root, 'models/atlas-heldout.jsonl');
  const { conversations } = readConversations(await readFile(file, 'utf8'), file);
  const lines = conversations.slice(0, 60).map(({ prompt, answer }) => {
    const content = `Arr! ${answer}, says the captain.`;
    const messages = [
      { role: 'user', content: prompt },
      { role: 'assistant', content },
    ];
    return `${JSON.stringify({ messages })}\n`;
  });
  await writeFile(data, lines.join(''));
});
afterAll(() => rm(folder, { recursive: true }));

const words = (output: string, ...flags: string[]): string[] => {
  const pair = ['pair', 'make', data, '--model', model, '--base', base, '--output', output];
  const quick = ['--epochs', '2', '--rate', '0.003', '--rank', '4', '--threads', '1', '--quiet'];
  return [...pair, ...quick, ...flags];
};

describe('trimtab pair make', () => {
  it('says what keeps it from beginning', async () => {
    const output = path.join(folder, 'none');
    const { code, stderr } = await trimtab(words(output, '--python', path.join(folder, 'python')));
    expect([code, stderr]).toEqual([1, expect.stringContaining('there is no such program')]);
    const few = path.join(folder, 'few.jsonl');
    await writeFile(few, '{"question":"Why?","answer":"So."}\n');
    const short = await trimtab(['pair', 'make', few, '--model', model]);
    expect([short.code, short.stderr]).toEqual([2, expect.stringContaining('at least 24')]);
    const alone = await trimtab(['pair', 'make', data, '--model', model, '--inside']);
    expect([alone.code, alone.stderr]).toEqual([2, expect.stringContaining('name the base')]);
  });
});

describe.skipIf(python === undefined)('trimtab pair make, with PyTorch', () => {
  it('goes on where it was left, and ends in a pair that runs, with a verdict', async () => {
    const output = path.join(folder, 'pair');
    const given = words(output, '--python', python!, '--metric', 'contains');
    const child = spawn(process.execPath, [builtFile('cli/main.js'), ...given], {
      stdio: 'ignore',
    });
    const ended = once(child, 'exit');
    const checkpoint = path.join(output, 'tuning/checkpoint.pt');
    while (child.exitCode === null && !(await isThere(checkpoint))) await sleep(20);
    child.kill('SIGINT');
    expect(await ended).toEqual([130, null]);
    expect(await isThere(path.join(output, 'expert.gguf'))).toBe(false);

    const { code, stdout, stderr } = await trimtab(given);
    expect([code, stderr]).toEqual([0, '']);
    expect(stdout).toMatch(
      /held-out loss \S+ -> \S+ nats a token, best after epoch [12]; \S+ in llama\.cpp/,
    );
    expect(stdout).toMatch(/base \+ pair .*\n/);
    expect(stdout).toContain('verdict');
    const recipe = await loadRecipe(path.join(output, 'recipe.yaml'));
    expect(recipe.models.get('expert')!.adapters).toMatchObject([
      { file: path.join(output, 'expert.gguf') },
    ]);
    const answer = await trimtab([
      'run',
      path.join(output, 'recipe.yaml'),
      'Where was Mada Norrar born?',
    ]);
    expect(answer.code).toBe(0);

    // Nothing is tuned or measured again, with Python or without.
    const again = words(output, '--metric', 'contains', '--json');
    const told = await trimtab(again);
    expect(JSON.parse(told.stdout)).toMatchObject({ alpha: expect.any(Number), verdict: {} });
    const other = await trimtab(words(output, '--seed', '3'));
    expect([other.code, other.stderr]).toEqual([2, expect.stringContaining('differs in seed')]);

    // Neither interruption nor a second process shows in what was made.
    const whole = path.join(folder, 'whole');
    await trimtab([...words(whole, '--python', python!)]);
    const adapters = [output, whole].map((pair) => readFile(path.join(pair, 'expert.gguf')));
    const [one, two] = await Promise.all(adapters);
    expect(one!.equals(two!)).toBe(true);
  });

  it('tunes inside the composition, with what the base says computed here', async () => {
    const output = path.join(folder, 'inside');
    const { code, stdout, stderr } = await trimtab(words(output, '--python', python!, '--inside'));
    expect([code, stderr]).toEqual([0, '']);
    expect(stdout).toContain('in llama.cpp');
    expect(await readdir(path.join(output, 'tuning'))).toContain('rows.bin');
  });
});
