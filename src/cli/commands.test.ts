import { afterAll, beforeAll, describe, expect, it } from 'vitest';

import { createFakeCli, type FakeCli } from '../../test/support/fake-cli.ts';

const recipe = `
name: guide
description: Knows one answer.
models:
  large: { file: large.gguf, prompt: raw }
  chat: { file: chat.gguf, prompt: raw }
  small: { file: small.gguf, prompt: raw }
base: large
expert: chat
antiExpert: small
formula: large + alpha * (chat - small)
params:
  alpha: { default: 1, min: 0, max: 2, description: Strength. }
sampling: { temperature: 0 }
rewards:
  stony: { words: { Stone: 1, a: -0.5 }, weight: 0, normalization: { mean: 0.2, deviation: 0.5 } }
  brief: { length: { target: 8 }, weight: 0, normalization: { mean: -3, deviation: 2 } }
profile:
  attributes:
    stony: { reward: stony, high: stones, low: letters }
    brief: { reward: brief, high: brevity, low: length }
  prompts: ["Where?", "Who?", "When?", "What?"]
engine: { contextLength: 256, maxSequences: 4, threads: 1 }
speculation: off
`;

const questions = ['Where was Mada born?', 'Where was Elnin born?', 'Who is Dasa?']
  .map((question, i) => ({ id: `q${i}`, question, answer: i === 2 ? 'a baker' : 'Stoneford' }))
  .map((item) => `${JSON.stringify(item)}\n`)
  .join('');

let cli: FakeCli;

beforeAll(async () => {
  cli = await createFakeCli({
    'guide.yaml': recipe,
    'plain.yaml':
      'models: { large: { file: large.gguf, prompt: raw } }\nbase: large\nspeculation: off\n',
    'far.yaml': recipe.replace('default: 1, min: 0, max: 2', 'default: 5, min: 4, max: 9'),
    'broken.yaml': `${recipe}\nformla: large\n`,
    'questions.jsonl': questions,
    'web.yaml': 'models: { large: https://example.org/large.gguf }\nbase: large\n',
    'prose.txt': 'a bad cab\n\nhad a bad egg\n',
    'prompts.txt': 'Where was Mada born?\nWho?\n',
    'schema.json': '{ "enum": ["yes", "no"] }',
    'labels.json': '{ "town": ["Stoneford"] }',
    'bad.json': '{ "enum": [',
    'question.txt': 'Where was Mada born?',
  });
});

afterAll(() => cli[Symbol.asyncDispose]());

const where = 'Where was Mada born?';

/** Command lines whose whole output is kept beside this file: what differs is to be looked at. */
const kept: readonly (readonly [args: string, input?: string])[] = [
  ['run {guide.yaml} | Where was Mada born?'],
  ['run {guide.yaml} --param alpha=0 | Where was Mada born?'],
  ['run {guide.yaml} --only large --max-tokens 5 | Where was Mada born?'],
  ['run {guide.yaml} --json --seed 3 | Where was Mada born?'],
  ['run {guide.yaml} --trace --max-tokens 3 | Where was Mada born?'],
  ['run {guide.yaml} --trace --json --max-tokens 2 | Where was Mada born?'],
  ['run {guide.yaml} --top-logprobs 2 --json --max-tokens 2 | Where was Mada born?'],
  ['run {guide.yaml} --stop n --min-tokens 4 --seed 2 | Where was Mada born?'],
  ['run {guide.yaml} --stats | Where was Mada born?'],
  ['run {guide.yaml} --raw | Where was Mada born?'],
  ['run {guide.yaml} --system Be-kind. | Where was Mada born?'],
  ['run {guide.yaml} --stop n --seed 2 | Where was Mada born?'],
  ['run {guide.yaml} --temperature 1.5 --top-k 3 --seed 5 --max-tokens 6 | Where was Mada born?'],
  ['run {guide.yaml} --choice hot --choice cold | Where was Mada born?'],
  ['run {guide.yaml} --reward stony=2 --report brief | Where was Mada born?'],
  ['run {guide.yaml} --kl-budget 0.5 --max-tokens 6 | Where was Mada born?'],
  ['run {guide.yaml} --kl-budget-answer 2 --json --max-tokens 3 | Where was Mada born?'],
  ['run {guide.yaml} --reward stony=2 --guidance best-of:n=3 --temperature 1 --seed 1 | Where?'],
  ['run {guide.yaml} | Answer', 'Where was Mada born?'],
  ['run {guide.yaml}', 'Where was Mada born?'],
  ['run {plain.yaml} --seed 1 --max-tokens 4 | Where was Mada born?'],
  ['compare {guide.yaml} | Where was Mada born?'],
  ['compare {guide.yaml} --values 0,2 --quiet | Where was Mada born?'],
  ['compare {guide.yaml} --values 0.5 --json --max-tokens 3 | Where was Mada born?'],
  [
    'compare {guide.yaml} --param-name rewardWeight --values 0,1 --reward stony=3 | Where was Mada born?',
  ],
  ['compare {guide.yaml} --system Be-kind. --values 1 --max-tokens 3 | Where was Mada born?'],
  ['compare {plain.yaml} --max-tokens 4 --seed 1 | Where was Mada born?'],
  ['compare {far.yaml} --max-tokens 4 | Where was Mada born?'],
  ['explain {guide.yaml} | Where was Mada born?'],
  ['explain {guide.yaml} --top 1 --reward stony=2 --max-tokens 4 | Where was Mada born?'],
  ['explain {guide.yaml} --system Be-kind. --json --max-tokens 1 | Where was Mada born?'],
  ['explain {guide.yaml} --json --max-tokens 1 | Where was Mada born?'],
  ['explain {guide.yaml} --param alpha=0 --top 0 --kl-budget 1 | Where was Mada born?'],
  ['shift {guide.yaml} {questions.jsonl} --min-count 1 --quiet'],
  [
    'shift {guide.yaml} --prompts {prompts.txt} --labels {labels.json} --min-count 1 --top 3 --json',
  ],
  ['shift {guide.yaml} {questions.jsonl} --limit 1 --output {shift}'],
  ['eval {questions.jsonl} --recipe {guide.yaml} --output {eval} --metric contains'],
  ['eval {questions.jsonl} --recipe {guide.yaml} --output {eval} --metric contains'],
  [
    'eval {questions.jsonl} --recipe {guide.yaml} --recipe {guide.yaml}/small --limit 2 --output {eval2} --json',
  ],
  ['eval {prose.txt} --recipe {guide.yaml}/large --output {eval3} --quiet'],
  [
    'eval {questions.jsonl} --recipe {guide.yaml} --recipe {plain.yaml} --output {eval4} --examples {questions.jsonl} --shots 1 --quiet',
  ],
  ['sweep {guide.yaml} {questions.jsonl} {prose.txt} --param alpha=0,1 --output {sweep}'],
  [
    'sweep {guide.yaml} {questions.jsonl} --reward-weight 0,1 --kl-budget 1,none --limit 1 --output {sweep2} --json',
  ],
  [
    'calibrate {guide.yaml} --development {questions.jsonl} --objective contains --metric contains --param alpha=0,1 --refine 1 --output {calibrate} --dry-run',
  ],
  [
    'calibrate {guide.yaml} --development {questions.jsonl} --development {prose.txt} --objective contains --metric contains --constraint perplexity<=1000 --param alpha=0,1 --refine 0 --output {calibrate2} --test {questions.jsonl} --dry-run --json',
  ],
  ['profile new ann --recipe {guide.yaml} --data-dir {data} --name Ann'],
  ['profile show ann --recipe {guide.yaml} --data-dir {data}'],
  ['profile set ann stony=2 --recipe {guide.yaml} --data-dir {data}'],
  ['profile set ann stony=learned brief=-1 --recipe {guide.yaml} --data-dir {data} --quiet'],
  ['run {guide.yaml} --profile ann --data-dir {data} | Where was Mada born?'],
  ['compare {guide.yaml} --profile ann --data-dir {data} --quiet | Where was Mada born?'],
  ['profile reset ann --recipe {guide.yaml} --data-dir {data}'],
  ['profile delete ann --data-dir {data}'],
  ['profile delete ann --data-dir {data}'],
  ['profile list --data-dir {data}'],
  ['run {broken.yaml} | Where?'],
  ['run {guide.yaml} --param alpha=3 | Where?'],
  ['run {guide.yaml} --param alhpa=1 | Where?'],
  ['run {guide.yaml} --param alpha | Where?'],
  ['run {guide.yaml} --param alpha=x | Where?'],
  ['run {guide.yaml} --temperature -1 | Where?'],
  ['run {guide.yaml} --temperature hot | Where?'],
  ['run {guide.yaml} --top-k 1.5 | Where?'],
  ['run {guide.yaml} --max-tokens 0 | Where?'],
  ['run {guide.yaml} --only lrage | Where?'],
  ['run {guide.yaml} --only large --profile ann | Where?'],
  ['run {guide.yaml} --raw --system x | Where?'],
  ['run {guide.yaml} --logprobs | Where?'],
  ['sweep {guide.yaml} {questions.jsonl} --param alpha=1 --max-tokens 0'],
  ['run {guide.yaml} --schema {bad.json} | Where?'],
  ['run {guide.yaml} --schema {missing.json} | Where?'],
  ['run {guide.yaml} --schema {schema.json} --regex a | Where?'],
  ['run {guide.yaml} --regex [a | Where?'],
  ['run {guide.yaml} --reward stoney=1 | Where?'],
  ['run {guide.yaml} --guidance best-of:m=3 | Where?'],
  ['run {guide.yaml} --guidance worst | Where?'],
  ['run {guide.yaml} --guidance best-of:n=3 --reward stony=1 | Where?'],
  ['run {guide.yaml} --report stonny | Where?'],
  ['run {guide.yaml} --kl-budget -1 | Where?'],
  ['run {guide.yaml} --profile bob --data-dir {data} | Where?'],
  ['run {guide.yaml}', ''],
  ['run {missing.yaml} | Where?'],
  ['run https://example.org/r.yaml | Where?'],
  ['run {web.yaml} | Where?'],
  ['run {guide.yaml} --url http://127.0.0.1:9 | Where?'],
  ['run guide --url nowhere | Where?'],
  ['run'],
  ['run {guide.yaml} --temprature 1 | Where?'],
  ['rnu {guide.yaml}'],
  ['compare {guide.yaml} --values 0,x | Where?'],
  ['compare {guide.yaml} --values 0,9 | Where?'],
  ['compare {guide.yaml} --param-name beta | Where?'],
  ['compare {plain.yaml} --values 1 | Where?'],
  ['explain {guide.yaml} --top -1 | Where?'],
  ['shift {guide.yaml}'],
  ['shift {guide.yaml} {questions.jsonl} --prompts {prompts.txt}'],
  ['shift {guide.yaml} {questions.jsonl} --labels {bad.json}'],
  ['eval {questions.jsonl}'],
  ['eval {missing.jsonl} --recipe {guide.yaml}'],
  ['eval {questions.jsonl} --recipe {guide.yaml}/none'],
  ['eval {questions.jsonl} --recipe {guide.yaml} --metric nonsense'],
  ['eval {questions.jsonl} --recipe {guide.yaml} --shots 1'],
  ['eval {questions.jsonl} --recipe {guide.yaml} --limit 0'],
  ['eval {questions.jsonl} --recipe {guide.yaml} --direct nobody'],
  ['eval {questions.jsonl} --recipe {guide.yaml} --format csv-of-mine'],
  ['sweep {guide.yaml} {questions.jsonl}'],
  ['sweep {guide.yaml} {questions.jsonl} --param alpha=0,9'],
  ['sweep {guide.yaml} {questions.jsonl} --kl-budget some'],
  ['calibrate {guide.yaml} --development {questions.jsonl} --objective contains --param beta=1'],
  [
    'calibrate {guide.yaml} --development {questions.jsonl} --objective nothing --param alpha=1 --output {c3}',
  ],
  [
    'calibrate {guide.yaml} --development {questions.jsonl} --objective contains --constraint perplexity=3 --param alpha=1',
  ],
  ['profile show bob --recipe {guide.yaml} --data-dir {data}'],
  ['profile new "b b" --recipe {guide.yaml} --data-dir {data}'],
  ['profile set ann stony --recipe {guide.yaml} --data-dir {data}'],
  ['profile new ann --recipe {plain.yaml} --data-dir {data}'],
  ['profile ask ann --recipe {guide.yaml} --data-dir {data}'],
  ['profile import eve {bad.json} --recipe {guide.yaml} --data-dir {data}'],
  ['ls --url http://127.0.0.1:9'],
  ['ps --url http://127.0.0.1:9'],
  ['pull'],
  ['pull qwen'],
  ['pull hf:ann/model:Q4_K_M@../x'],
  ['docs nothing'],
  ['check {broken.yaml}'],
  ['check {guide.yaml}'],
  ['inspect {question.txt}'],
  ['inspect https://huggingface.co/ann/tiny/resolve/main/tiny.gguf'],
];

const split = (line: string): string[] => {
  const [flags = '', prompt] = line.split(' | ');
  return [...flags.split(' '), ...(prompt === undefined ? [] : [prompt])];
};

const commands =
  'run compare explain eval shift sweep calibrate profile serve batch ls ps new check pull models inspect doctor docs demo';
const ofModels = 'ls show rm';
const ofProfiles = 'new ask show set reset list delete export import learn-basis';

describe('every command says what it is', () => {
  it.each([
    '',
    ...commands.split(' '),
    ...ofModels.split(' ').map((name) => `models ${name}`),
    ...ofProfiles.split(' ').map((name) => `profile ${name}`),
  ])('trimtab %s --help', async (command) => {
    const words = command.split(' ').filter((word) => word !== '');
    expect(await cli.run([...words, '--help'])).toMatchSnapshot();
  });
});

describe('a command line', () => {
  it.each(kept.map(([line, input = '']) => ({ line, input })))('$line', async ({ line, input }) => {
    expect(await cli.run(split(line), { input })).toMatchSnapshot();
  });

  it('has colours and columns on a terminal', async () => {
    for (const line of [
      `run {guide.yaml} --trace --stats | ${where}`,
      `explain {guide.yaml} --reward stony=2 | ${where}`,
      'run {guide.yaml} --param alpha=9 | Where?',
      'check {broken.yaml}',
    ]) {
      expect(await cli.run(split(line), { columns: 70 })).toMatchSnapshot(line);
    }
  });

  it.each([
    ['profile new eve --name Eve --recipe {guide.yaml}', { id: 'eve', name: 'Eve', answers: 0 }],
    ['profile show eve --recipe {guide.yaml}', { id: 'eve', answers: 0 }],
    ['profile set eve stony=1 --recipe {guide.yaml}', { id: 'eve' }],
    ['profile reset eve --recipe {guide.yaml}', { id: 'eve' }],
    ['profile list', [{ id: 'eve' }]],
  ])('%s prints one document with --json', async (line, expected) => {
    const { code, stdout, stderr } = await cli.run(split(`${line} --data-dir {json} --json`));
    expect([code, stderr]).toEqual([0, '']);
    expect(JSON.parse(stdout)).toMatchObject(expected);
  });

  it.each(['--development', '--test'])('names %s where its file is not there', async (flag) => {
    const line = `calibrate {guide.yaml} --development {questions.jsonl} ${flag} {missing.jsonl} --objective contains --metric contains --param alpha=0,1 --output {none}`;
    const { code, stdout, stderr } = await cli.run(split(line));
    expect([code, stdout]).toEqual([2, '']);
    expect(stderr).toMatch(new RegExp(`^error: ${flag}: .*missing\\.jsonl cannot be read`));
  });

  it('ends with the interruption', async () => {
    const controller = new AbortController();
    controller.abort(new Error('no more'));
    const { signal } = controller;
    for (const line of [`run {guide.yaml} | ${where}`, `compare {guide.yaml} | ${where}`]) {
      const { code, stderr } = await cli.run(split(line), { signal });
      expect([code, stderr]).toEqual([1, expect.stringContaining('no more')]);
    }
  });
});
