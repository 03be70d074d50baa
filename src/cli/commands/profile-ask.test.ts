import { stripVTControlCharacters } from 'node:util';

import { afterAll, beforeAll, beforeEach, describe, expect, it } from 'vitest';

import { createFakeCli, type FakeCli } from '../../../test/support/fake-cli.ts';
import type { Dialogue } from '../../../test/support/fake-terminal.ts';

const recipe = `
name: guide
models:
  large: { file: large.gguf, prompt: raw }
  chat: { file: chat.gguf, prompt: raw }
base: large
expert: chat
formula: large + alpha * chat
params: { alpha: { default: 0.2, min: 0, max: 9 } }
rewards:
  stony: { words: { Stone: 1, a: -0.5 }, normalization: { mean: 0.2, deviation: 0.5 } }
  brief: { length: { target: 8 }, normalization: { mean: -3, deviation: 2 } }
profile:
  attributes:
    stony: { reward: stony, high: stones, low: letters }
    brief: { reward: brief, high: brevity, low: length }
  prompts: ["Where?"]
engine: { contextLength: 64, maxSequences: 8, threads: 1 }
`;

let cli: FakeCli;
beforeAll(async () => {
  cli = await createFakeCli({ 'guide.yaml': recipe });
});
afterAll(() => cli[Symbol.asyncDispose]());

const ask = (flags: string, dialogue: Dialogue) => {
  const line = `profile ask ann --recipe {guide.yaml} --data-dir {data} ${flags}`;
  return cli.run([...line.split(' '), '--no-color'], { dialogue });
};
const kept =
  'Every answer is kept: `trimtab profile ask ann --recipe {folder}/guide.yaml --data-dir {folder}/data` goes on.\n';

/** What stays of stderr: bars of questions that are prepared are taken away again. */
const remarksOf = (stderr: string): string =>
  stripVTControlCharacters(stderr).replaceAll(/^\r?preparing a question .*\n|\r/gm, '');

beforeEach(async () => {
  const flags = ['--recipe', '{guide.yaml}', '--data-dir', '{data}'];
  await cli.run(['profile', 'delete', 'ann', '--data-dir', '{data}']);
  await cli.run(['profile', 'new', 'ann', ...flags]);
});

describe('the interview at a terminal', () => {
  it('asks, shows what an answer taught, and ends when the user leaves', async () => {
    const { code, stdout, stderr } = await ask('--seed 5', [
      ['Question 1 of about', '1'],
      ['Question 2 of about', 's'],
      ['Question 3 of about', 'q'],
    ]);
    expect([code, remarksOf(stderr)]).toEqual([0, '']);
    expect(stripVTControlCharacters(stdout)).toMatchSnapshot();
  });

  it('shows how far the first question is, unless it is to be quiet', async () => {
    const dialogue: Dialogue = [['Question 1 of about', 'q']];
    const { stderr } = await ask('--seed 5', dialogue);
    expect(stderr).toMatch(/preparing a question .* of at most 128 tokens/);
    expect((await ask('--seed 5 --quiet', dialogue)).stderr).toBe('');
  });

  it('keeps every answer, also where Ctrl-C ends it', { tags: ['slow'] }, async () => {
    const { code, stderr } = await ask('--seed 5', [
      ['Question 1 of about', 't'],
      ['Question 2 of about', '\u0003'],
    ]);
    expect([code, remarksOf(stderr)]).toEqual([130, kept]);
    const quiet = await ask('--seed 5 --quiet', [
      ['Question 2 of about', '2'],
      ['Question 3 of about', '\u0003'],
    ]);
    expect([quiet.code, quiet.stderr]).toEqual([130, '']);
    const again = await ask('--seed 5 --quiet', [['Question 3 of about', 'q']]);
    expect(again).toMatchObject({ code: 0, stdout: expect.not.stringContaining('kept') as string });
  });

  it('has colours where the terminal has, also in its questions', async () => {
    const dialogue: Dialogue = [['Question 1 of about', 'q']];
    const env = { FORCE_COLOR: '1' };
    const line = 'profile ask ann --recipe {guide.yaml} --data-dir {data} --seed 5'.split(' ');
    const styled = /\u001B\[\d+m◆/; // oxlint-disable-line no-control-regex -- of an escape sequence
    expect((await cli.run(line, { dialogue, env })).stdout).toMatch(styled);
    const plain = await cli.run([...line, '--no-color'], { dialogue, env });
    expect(plain.stdout).toContain('◆');
    expect(plain.stdout).not.toMatch(/\u001B\[\d+m/); // oxlint-disable-line no-control-regex -- likewise
  });

  it('says how to go on where Ctrl-C ends the wait for a question', async () => {
    const { code, stderr } = await ask('--seed 5', [['preparing a question', '\u0003']]);
    expect(code).toBe(130);
    expect(stderr.endsWith(kept)).toBe(true);
  });

  it('ends with SIGTERM, and alike whatever was asked before', async () => {
    const end = (output: string) => /\s*$/.exec(stripVTControlCharacters(output))![0];
    const first = await ask('--seed 5', [['Question 1 of about', 'SIGTERM']]);
    const third = await ask('--seed 5', [
      ['Question 1 of about', 's'],
      ['Question 2 of about', 's'],
      ['Question 3 of about', 'SIGTERM'],
    ]);
    expect([first.code, third.code]).toEqual([143, 143]);
    expect(end(third.stdout)).toBe(end(first.stdout));
  });
});

describe('answers that are given beforehand', () => {
  it('are as many questions', { tags: ['slow'] }, async () => {
    const { code, stdout, stderr } = await ask('--answers 1,t,s --seed 5 --json', []);
    expect([code, remarksOf(stderr)]).toEqual([0, '']);
    expect(JSON.parse(stdout)).toMatchObject({ id: 'ann', answers: 3 });
    const shown = await ask('--answers 2 --seed 5', []);
    expect(shown.stdout).toMatch(/^ +likes +likes +80 % +steers\n/);
    expect(shown.stdout).toContain(kept);
  });

  it.each([
    ['1,x', '--answers'],
    ['', '--answers'],
  ])('%j are none', async (answers, message) => {
    const { code, stdout, stderr } = await ask(`--answers ${answers}`, []);
    expect([code, stdout]).toEqual([2, '']);
    expect(stderr).toContain(message);
    expect(stderr).toContain('It must be 1, 2, t, s (first, second, tie, neither)');
  });
});
