import { mkdtemp, readFile, rm, writeFile } from 'node:fs/promises';
import { tmpdir } from 'node:os';
import path from 'node:path';

import { afterAll, beforeAll, describe, expect, it } from 'vitest';

import { trimtab, type CommandOptions } from '../../test/support/command.ts';
import { createFakeService, fakeWorld } from '../../test/support/fake-model/fake-world.ts';
import { createServer, type RunningServer } from '../server/index.ts';
import type { InferenceService } from '../spec/index.ts';

const question = 'Where was Mada Norrar born?';

let folder: string;
let service: InferenceService;
let server: RunningServer;

beforeAll(async () => {
  folder = await mkdtemp(path.join(tmpdir(), 'trimtab-asking-'));
  service = await createFakeService({ recipes: fakeWorld.recipes });
  server = await createServer({ service, keys: ['secret'] }).listen();
});

afterAll(async () => {
  await server.close();
  await service[Symbol.asyncDispose]();
  await rm(folder, { recursive: true });
});

/** A command, with the server and its key. */
const ask = (args: readonly string[], options: CommandOptions = {}) =>
  trimtab([...args, '--url', server.url, '--key', 'secret'], options);

const json = async (args: readonly string[], options: CommandOptions = {}) => {
  const { code, stdout, stderr } = await ask([...args, '--json'], options);
  expect({ code, stderr }).toEqual({ code: 0, stderr: '' });
  return JSON.parse(stdout);
};

describe('run', () => {
  it('answers on stdout, and nothing else', async () => {
    expect(await ask(['run', 'guide', ...question.split(' ')])).toEqual({
      code: 0,
      stdout: 'In Stoneford.\n',
      stderr: '',
    });
  });

  it('reads its prompt from a pipe, behind what is given', async () => {
    const piped = await json(['run', 'guide'], { input: `${question}\n` });
    expect(piped).toMatchObject({ text: ' In Stoneford.', finishReason: 'stop' });
    const { usage } = await json(['run', 'guide', 'Read.'], { input: `${question}\r\n` });
    expect(usage.promptTokens).toBe(`Read.\n\n${question}`.length);
    expect(await ask(['run', 'guide'])).toMatchObject({
      code: 2,
      stderr: 'error: There is no prompt: give one as an argument, or pipe it in.\n',
    });
  });

  it('completes raw text as it is, white space too', async () => {
    const { stdout } = await ask(['run', 'guide', '--raw', question]);
    expect(stdout).toBe(' In Stoneford.\n');
    const { usage } = await json(['run', 'guide', question, '--system', 'Be brief.']);
    expect(usage.promptTokens).toBeGreaterThan(question.length);
  });

  it.each<[readonly string[], object]>([
    [['--only', 'base'], { text: ' No idea.' }],
    [['--param', 'alpha=0'], { text: ' No idea.' }],
    [['--max-tokens', '3'], { text: ' In', finishReason: 'length' }],
    [['--stop', 'Stone', '--stop', 'x'], { text: ' In ', finishReason: 'stop' }],
    [['--choice', 'yes', '--choice', 'In Rome'], { text: 'In Rome' }],
    [['--regex', '[0-9]In'], { text: expect.stringMatching(/^\dIn$/) as string }],
    [['--logit-bias', '73=-100', '--max-tokens', '1'], { text: ' ' }],
    [['--temperature', '1', '--seed', '7', '--max-tokens', '1'], { seed: 7 }],
  ])('hears %j', async (flags, expected) => {
    expect(await json(['run', 'guide', question, ...flags])).toMatchObject(expected);
  });

  it('draws the same from the same seed', async () => {
    const drawn = ['run', 'guide', question, '--temperature', '40', '--max-tokens', '8', '--seed'];
    const [first, again, other] = [
      await json([...drawn, '1']),
      await json([...drawn, '1']),
      await json([...drawn, '2']),
    ];
    expect(again.text).toBe(first.text);
    expect(other.text).not.toBe(first.text);
  });

  it('explains and counts on stderr', async () => {
    const { stdout, stderr, code } = await ask(['run', 'guide', question, '--trace', '--stats']);
    expect([code, stdout]).toEqual([0, 'In Stoneford.\n']);
    expect(stderr).toMatch(/^token +logprob +shift +KL/);
    expect(stderr).toMatch(/^14 tokens, [\d.,]+ per second, .*; ended by stop$/m);
    expect(stderr).toMatch(/^expert +27 +\d+ +\d+$/m);
    const { tokens } = await json(['run', 'guide', question, '--trace']);
    expect(tokens[1]).toMatchObject({ text: 'I', trace: { terms: [{ model: 'base' }, {}] } });
  });

  it.each<[readonly string[], string]>([
    [['--param', 'alpha'], 'It must be written NAME=NUMBER.'],
    [['--top-p', '0'], '--top-p: topP must be a number above 0 and at most 1, not 0.'],
    [['--top-k', 'many'], "argument 'many' is invalid. It must be a number"],
    [['--temprature', '1'], "unknown option '--temprature'\n(Did you mean --temperature?)"],
    [['--raw', '--system', 'x'], '--raw and --system exclude each other'],
    [['--only', 'base', '--profile', 'ann'], '--only and --profile exclude each other'],
    [['--regex', '('], '--regex'],
    [['--regex', 'a', '--choice', 'b'], '--choice'],
    [['--schema', '{"type"}'], '--schema: line 1, column 8: this is not JSON'],
    [['--schema', 'nowhere.json'], '--schema: nowhere.json cannot be read: '],
    [['--allow-modules'], '--allow-modules is for `trimtab serve`'],
    [['--data-dir', 'x'], '--data-dir is for `trimtab serve`'],
  ])('called with %j ends with 2, and says why', async (flags, message) => {
    const { code, stdout, stderr } = await ask(['run', 'guide', question, ...flags]);
    expect(stderr).toContain(message);
    expect(stderr).toMatch(/^error: /);
    expect(stderr).not.toContain('    at ');
    expect([code, stdout]).toEqual([2, '']);
  });

  it.each<[readonly string[], string]>([
    [['--param', 'alpah=1'], 'The recipe guide has no param alpah. Did you mean `alpha`?'],
    [['--param', 'alpha=9'], 'params.alpha must be a number from 0 to 2, not 9.'],
    [['--only', 'bas'], 'Did you mean'],
    [['--max-tokens', '0'], 'must be an integer from 1'],
  ])('says what the server has against %j', async (flags, message) => {
    const { code, stdout, stderr } = await ask(['run', 'guide', question, ...flags]);
    expect(stderr).toContain(message);
    expect(stderr).toMatch(/^error: /);
    expect(code).not.toBe(0);
    expect(stdout).toBe('');
  });
});

describe('a server', () => {
  it('that is not there is named', async () => {
    const { code, stderr } = await trimtab(['run', 'guide', 'x', '--url', 'http://127.0.0.1:1']);
    expect(stderr).toMatch(/^error: .*127\.0\.0\.1:1/);
    expect(code).toBe(1);
  });

  it('wants its key, of a flag or the environment', async () => {
    const without = await trimtab(['ls', '--url', server.url]);
    expect(without).toMatchObject({ code: 1, stderr: expect.stringMatching(/key/i) as string });
    const env = { TRIMTAB_KEY: 'secret' };
    expect(await trimtab(['ls', '--url', server.url], { env })).toMatchObject({ code: 0 });
  });

  it('says which recipes there are', async () => {
    const { code, stderr } = await ask(['run', 'guid', 'x']);
    expect(stderr).toContain('guide');
    expect(code).not.toBe(0);
  });
});

describe('ls', () => {
  it('lists recipes with formulas and params', async () => {
    const { code, stdout } = await ask(['ls']);
    expect(code).toBe(0);
    const lines = stdout.split('\n');
    expect(lines[0]).toMatch(/^recipe +state +formula +params +rewards$/);
    expect(lines[1]).toMatch(/^guide +ready +base \+ alpha \* expert +alpha=0\.7 \(0 to 2\)/);
    expect(lines[2]).toMatch(/^other +\w+ +expert/);
    expect((await json(['ls'])).map(({ name }: { name: string }) => name)).toEqual([
      'guide',
      'other',
    ]);
  });
});

describe('ps', () => {
  it('shows what is loaded and how busy it is', async () => {
    const { code, stdout } = await ask(['ps']);
    expect(code).toBe(0);
    expect(stdout).toContain(server.url);
    expect(stdout).toMatch(/^requests +0 running, 0 waiting$/m);
    expect(stdout).toMatch(/^memory +\S+ \S+ of the engine$/m);
    expect(stdout).toMatch(/^cache +\d+ % of its cells in use$/m);
    expect(stdout).toMatch(/^prefixes +\d+ % of prompt tokens found in it$/m);
    expect(stdout).toMatch(/^threads +\d/m);
    expect(stdout).toMatch(/^restarts +0 of the engine$/m);
    expect(stdout).toMatch(/^recipe +state +model +weights +context$/m);
    expect(stdout).toMatch(/^guide +ready +base +\S+ \S+ +400$/m);
    const status = await json(['ps']);
    expect(status).toMatchObject({ url: server.url, running: 0, queued: 0, restarts: 0 });
    expect(status.decodedTokens).toBeGreaterThan(100);
    expect(status.kvCells).toBeGreaterThan(0);
  });
});

describe('compare', () => {
  it('puts base and composition below each other in a pipe', async () => {
    const { code, stdout } = await ask(['compare', 'guide', question, '--values', '0,1']);
    expect(code).toBe(0);
    const [formula, base, none, full, legend] = stdout.split('\n\n');
    expect(formula).toBe('base + alpha * expert');
    expect(base).toMatch(/^base alone\nNo idea\.\n\S+ tok\/s$/);
    expect(none).toMatch(
      /^alpha 0\nNo idea\.\n\S+ tok\/s · 0 % changed\nshift \+?0\.00 · KL 0\.00$/,
    );
    expect(full).toMatch(/^alpha 1\nIn Stoneford\.\n\S+ tok\/s · \d+ % changed\nshift \+/);
    expect(legend).toMatch(/^tok\/s: /);
    const quiet = await ask(['compare', 'guide', question, '--values', '1', '--quiet']);
    expect(quiet.stdout).toMatch(/^base alone\n/);
    expect(quiet.stdout).not.toContain('tok/s: all');
  });

  it('takes the strengths that the recipe allows', async () => {
    const labels = async (...flags: string[]) =>
      (await json(['compare', 'guide', question, ...flags])).answers.map(
        ({ label }: { label: string }) => label,
      );
    expect(await labels()).toEqual([
      'base alone',
      'alpha 0.3',
      'alpha 0.5',
      'alpha 0.7',
      'alpha 1',
    ]);
    expect(await labels('--values', '2')).toEqual(['base alone', 'alpha 2']);
    const { answers, formula, prompt, recipe } = await json(['compare', 'other', question]);
    expect([formula, prompt, recipe]).toEqual(['expert', question, 'other']);
    expect(answers.at(-1)).toMatchObject({ label: 'composition', text: ' In Stoneford.' });
  });

  it.each<[string, readonly string[], string]>([
    ['guide', ['--param-name', 'alpa'], 'has no param alpa. Did you mean `alpha`?'],
    ['other', ['--values', '1'], '--values: the recipe other has no params.'],
    ['guide', ['--values', 'a'], "argument 'a' is invalid"],
  ])('of %s with %j is called wrongly', async (recipe, flags, message) => {
    const { code, stderr } = await ask(['compare', recipe, question, ...flags]);
    expect(stderr).toContain(message);
    expect(code).toBe(2);
  });
});

describe('explain', () => {
  it('marks what moved, and says what it replaced', async () => {
    const { code, stdout } = await ask(['explain', 'guide', question, '--top', '2']);
    expect(code).toBe(0);
    expect(stdout.match(/without steering +with/g)).toHaveLength(2);
    expect(stdout).toMatch(/shares {2}\+1 × base = [^ ]+ {3}\+0\.7 × expert = /);
    expect(stdout).toMatch(/\d+ % of tokens are not the base's own choice; mean shift \+/);
    const { formula, tokens, meanShift } = await json(['explain', 'guide', question]);
    expect(formula).toBe('base + alpha * expert');
    const shifts = tokens.map(({ trace }: { trace: { shift: number } }) => trace.shift);
    const sum = shifts.reduce((total: number, shift: number) => total + shift, 0);
    expect(meanShift).toBeCloseTo(sum / shifts.length, 10);
  });

  it('colours where colours are forced', async () => {
    const env = { FORCE_COLOR: '1' };
    expect((await ask(['explain', 'guide', question], { env })).stdout).toContain('\u001B[');
    const none = await ask(['explain', 'guide', question, '--no-color'], { env });
    expect(none.stdout).not.toContain('\u001B[');
  });
});

describe('eval', () => {
  const items = [
    { prompt: question, answer: 'In Stoneford.' },
    { prompt: 'And who?', answer: 'Nobody' },
  ];
  let task: string;
  beforeAll(async () => {
    task = path.join(folder, 'task.jsonl');
    await writeFile(task, items.map((item) => `${JSON.stringify(item)}\n`).join(''));
  });

  const evaluate = (output: string, ...args: string[]) =>
    ask(['eval', task, '--recipe', 'guide', '--output', path.join(folder, output), ...args]);

  it('scores base and composition, and leaves its files', { tags: ['slow'] }, async () => {
    const { code, stdout } = await evaluate('first', '--metric', 'contains');
    expect(code).toBe(0);
    expect(stdout).toMatch(/guide\/base/);
    expect(stdout).toMatch(/50/);
    const lines = (await readFile(path.join(folder, 'first/results.jsonl'), 'utf8'))
      .trim()
      .split('\n');
    expect(lines).toHaveLength(4);
    const again = await evaluate('first', '--metric', 'contains', '--json');
    expect(JSON.parse(again.stdout)).toMatchObject({ roles: { base: 'guide/base' } });
  });

  it.each<[readonly string[], RegExp]>([
    [['--metric', 'vibes'], /--metric: there is no metric vibes/],
    [['--limit', '0'], /--limit: it must be an integer of at least 1, not 0/],
    [['--shots', '3'], /--shots: it says how many of --examples are shown/],
    [['--direct', 'tuned'], /--direct: no system is called tuned/],
    [['--allow-modules'], /--allow-modules is for/],
  ])('with %j is called wrongly', async (args, message) => {
    const { code, stderr } = await evaluate('refused', ...args);
    expect(stderr).toMatch(message);
    expect(code).toBe(2);
  });
});
