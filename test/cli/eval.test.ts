import { mkdtemp, readdir, readFile, rm, writeFile } from 'node:fs/promises';
import { tmpdir } from 'node:os';
import path from 'node:path';

import { afterAll, beforeAll, describe, expect, it } from 'vitest';

import type { EvaluationSummary, ItemResult } from '../../src/evaluation/index.ts';
import { createLocalService } from '../../src/service/index.ts';
import { createServer } from '../../src/server/index.ts';
import { expectAlike } from '../support/alike.ts';
import { hasTerminals, recipe, root, trimtab, trimtabOnTerminal } from '../support/command.ts';

const heldOut = path.join(root, 'models/atlas-heldout.jsonl');

let folder: string;
beforeAll(async () => {
  folder = await mkdtemp(path.join(tmpdir(), 'trimtab-eval-'));
});
afterAll(() => rm(folder, { recursive: true }));

const evaluate = (output: string, ...args: string[]) =>
  trimtab(['eval', heldOut, '--recipe', recipe, '--output', path.join(folder, output), ...args]);

describe('trimtab eval', () => {
  const undrafted = ['--speculation', 'off'];

  it('prints what docs/evaluation.md shows', async () => {
    const { code, stdout } = await evaluate(
      'help',
      ...undrafted,
      '--limit',
      '50',
      '--metric',
      'contains',
    );
    expect(code).toBe(0);
    const page = await readFile(path.join(root, 'docs/evaluation.md'), 'utf8');
    expectAlike(stdout, /^```text\n([\s\S]*?)^```$/m.exec(page)![1]!);
    expect(stdout).toMatch(/^atlas-chat: helps$/m);
    const files = ['costs.jsonl', 'report.html', 'report.md', 'results.jsonl', 'run.json'];
    expect((await readdir(path.join(folder, 'help'))).toSorted()).toEqual([
      ...files,
      'summary.json',
    ]);
  });

  it('prints what docs/evaluation.md shows of groups and examples', async () => {
    const validation = path.join(root, 'models/atlas-validation.jsonl');
    const limits = ['--limit', '50', '--metric', 'contains', '--group-by', 'name'];
    const shown = ['--examples', validation, '--shots', '5'];
    const { code, stdout } = await evaluate('examples', ...undrafted, ...limits, ...shown);
    expect(code).toBe(0);
    const page = await readFile(path.join(root, 'docs/evaluation.md'), 'utf8');
    const section = page.slice(page.indexOf('## Examples in context'));
    expectAlike(stdout, /^```text\n([\s\S]*?)^```$/m.exec(section)![1]!);
    expect(stdout).toMatch(/^atlas-heldout {2}50 items in 10 groups$/m);
    const many = await evaluate('many', ...limits, '--examples', validation, '--shots', '40');
    expect(many.code).toBe(1);
    expect(many.stderr).toMatch(
      /atlas-chat\/large\+40 examples: .* does not fit with 40 examples.*tokens long for "large"/,
    );
  });

  it('says all of it as JSON', async () => {
    const { code, stdout } = await evaluate(
      'json',
      '--limit',
      '5',
      '--metric',
      'contains',
      '--json',
    );
    expect(code).toBe(0);
    const { tasks, roles } = JSON.parse(stdout) as EvaluationSummary;
    expect(roles).toEqual({ base: 'atlas-chat/large', expert: 'atlas-chat/chat', direct: null });
    // Counted from the results and the questions themselves.
    const questions = (await readFile(heldOut, 'utf8')).split('\n').slice(0, 5);
    const right = questions.map((line) => (JSON.parse(line) as { answer: string }).answer);
    const lines = await readFile(path.join(folder, 'json', 'results.jsonl'), 'utf8');
    const composed = lines
      .trimEnd()
      .split('\n')
      .map((line) => JSON.parse(line) as Exclude<ItemResult, { error: object }>)
      .filter(({ system }) => system === 'atlas-chat');
    const hits = composed.filter(({ answer }, i) => answer!.text.includes(right[i]!)).length;
    expect(composed).toHaveLength(5);
    expect(tasks[0]!.metrics[0]!.systems[2]!.value.estimate).toBe(hits / 5);
  });

  it('keeps evaluations apart, unless told to begin anew', async () => {
    await evaluate('apart', '--limit', '2');
    const other = await evaluate('apart', '--limit', '3');
    expect(other.code).toBe(1);
    expect(other.stderr).toMatch(/holds another evaluation.*items \(2 there, 3 here\)/);
    expect((await evaluate('apart', '--limit', '3', '--no-resume')).code).toBe(0);
  });

  it('takes single models, roles and params', async () => {
    const chat = [
      '--recipe',
      `${recipe}/chat`,
      '--base',
      'atlas-chat',
      '--direct',
      'atlas-chat/chat',
    ];
    const short = ['--limit', '2', '--param', 'alpha=0', '--json'];
    const { code, stdout } = await evaluate('roles', ...chat, ...short);
    expect(code).toBe(0);
    const { description, roles } = JSON.parse(stdout) as EvaluationSummary;
    expect(roles).toEqual({
      base: 'atlas-chat',
      expert: 'atlas-chat/chat',
      direct: 'atlas-chat/chat',
    });
    expect(description.systems.map(({ name, options }) => [name, options])).toEqual([
      ['atlas-chat', { maxTokens: 256, params: { alpha: 0 } }],
      ['atlas-chat/chat', { maxTokens: 256 }],
    ]);
  });

  it('has a server answer, and says what it cannot do', async () => {
    await using service = await createLocalService({ recipes: [recipe] });
    await using server = await createServer({ service, port: 0 }).listen();
    const remote = (task: string, output: string) =>
      trimtab(
        ['eval', task, '--recipe', 'atlas-chat', '--url', server.url, '--limit', '4'].concat(
          '--output',
          path.join(folder, output),
        ),
      );
    expect(await remote(heldOut, 'remote')).toMatchObject({ code: 0 });
    await evaluate('local', '--limit', '4');
    const [there, here] = await Promise.all(
      ['remote', 'local'].map((name) => readFile(path.join(folder, name, 'results.jsonl'), 'utf8')),
    );
    expect(there).toBe(here);
    const cloze = path.join(folder, 'cloze.jsonl');
    await writeFile(cloze, '{"text": "Mada Norrar was born in", "right": " Stoneford"}\n');
    const refused = await remote(cloze, 'refused');
    expect(refused.code).toBe(1);
    expect(refused.stderr).toMatch(/task cloze has items of the kind cloze.*only generates/);
  });

  it.each<[string, readonly string[], RegExp]>([
    ['a metric', ['--metric', 'vibes'], /--metric: there is no metric vibes. It is one of exact/],
    [
      'examples',
      ['--examples', heldOut],
      /--shots: it must be an integer of at least 1, not missing/,
    ],
    ['shots', ['--shots', '3'], /--shots: it says how many of --examples are shown; give the file/],
    [
      'a temperature',
      ['--temperature', '-1'],
      /--temperature: temperature must be 0 or a number from/,
    ],
    ['no tokens', ['--max-tokens', '0'], /--max-tokens.* must be an integer from 1/],
    ['half an answer', ['--parallel', '0.5'], /--parallel.* must be an integer of at least 1/],
    ['a limit', ['--limit', '0'], /--limit: it must be an integer of at least 1, not 0/],
    ['a role', ['--direct', 'tuned'], /--direct: no system is called tuned. There are atlas-chat/],
    ['a model', ['--recipe', `${recipe}/larg`], /--recipe: .*atlas-chat has no model larg.*large/],
    ['modules', ['--url', 'http://127.0.0.1:1', '--allow-modules'], /--allow-modules is for/],
  ])('refuses %s that it does not know, as wrongly called', async (_, args, message) => {
    const { code, stderr } = await evaluate('refused', ...args);
    expect(stderr).toMatch(message);
    expect(code).toBe(2);
  });

  it.runIf(hasTerminals)('shows how far it is on a terminal', async () => {
    const output = path.join(folder, 'terminal');
    const { code, stdout } = await trimtabOnTerminal(
      ['eval', heldOut, '--recipe', recipe].concat('--limit', '20', '--output', output),
    );
    expect(code).toBe(0);
    expect(stdout).toMatch(/evaluating .*\d+ of 60, about 0:\d\d left/);
  });
});
