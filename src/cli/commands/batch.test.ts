import { appendFile, readFile, rm, writeFile } from 'node:fs/promises';
import path from 'node:path';

import { afterAll, beforeAll, beforeEach, describe, expect, it } from 'vitest';

import { trimtab } from '../../../test/support/command.ts';
import { createFakeCli, guideRecipe, type FakeCli } from '../../../test/support/fake-cli.ts';
import { createFakeService, fakeWorld } from '../../../test/support/fake-model/fake-world.ts';
import { isThere } from '../../files/index.ts';
import { createServer } from '../../server/index.ts';

const body = { model: 'guide', messages: [{ role: 'user', content: 'Where?' }] };
const line = (id: string, change: object = {}) =>
  JSON.stringify({ custom_id: id, method: 'POST', url: '/v1/chat/completions', body, ...change });
const linesOf = (...lines: string[]) => lines.map((each) => `${each}\n`).join('');
const wrong = line('wrong', { body: { ...body, temperature: -1 } });

let cli: FakeCli;
beforeAll(async () => {
  cli = await createFakeCli({
    'guide.yaml': guideRecipe('guide'),
    'other.yaml': guideRecipe('other'),
    'three.jsonl': linesOf(line('a'), line('b'), line('c')),
    'wrong.jsonl': linesOf(line('a'), wrong, line('c')),
    'kinds.jsonl': linesOf(
      line('a', { url: '/v1/completions', body: { model: 'other', prompt: 'Where?' } }),
      line('b', { url: '/v1/responses', body: { model: 'guide', input: 'Where?' } }),
    ),
  });
});
afterAll(() => cli[Symbol.asyncDispose]());

const at = (name: string) => path.join(cli.folder, name);
const run = (args: string, options: Parameters<FakeCli['run']>[1] = {}) =>
  cli.run(['batch', ...args.split(' ')], options);
const guide = '{three.jsonl} --recipe {guide.yaml}';

const answersIn = (text: string) =>
  text
    .split('\n')
    .slice(0, -1)
    .map((each) => JSON.parse(each));
const sortedIds = (answers: readonly { readonly custom_id: string }[]) =>
  answers.map(({ custom_id: id }) => id).toSorted();
const idsIn = async (name: string) =>
  answersIn(await readFile(at(name), 'utf8')).map(({ custom_id: id }) => id as string);

beforeEach(async () => {
  for (const name of ['out.jsonl', 'out.errors.jsonl']) await rm(at(name), { force: true });
});

describe('trimtab batch', () => {
  it('answers every request, as the routes would', async () => {
    const ended = await run(`${guide} --output {out.jsonl}`);
    expect(ended).toEqual({
      code: 0,
      stdout: '3 requests are answered: {folder}/out.jsonl\n',
      stderr: '',
    });
    const answers = answersIn(await readFile(at('out.jsonl'), 'utf8'));
    expect(sortedIds(answers)).toEqual(['a', 'b', 'c']);
    expect(answers[0]).toMatchObject({
      id: expect.stringMatching(/^batch_req_/),
      response: {
        status_code: 200,
        body: { object: 'chat.completion', choices: [{ message: { content: ' In Stoneford.' } }] },
      },
      error: null,
    });
    // No file of errors where there are none.
    expect(await isThere(at('out.errors.jsonl'))).toBe(false);
  });

  it('reads a pipe and writes one', async () => {
    const input = linesOf(line('a'), '', line('b'));
    for (const file of ['', '- ']) {
      const { code, stdout, stderr } = await run(`${file}--recipe {guide.yaml}`, { input });
      expect([code, stderr]).toEqual([0, '']);
      expect(sortedIds(answersIn(stdout))).toEqual(['a', 'b']);
    }
  });

  it('has requests of several routes and recipes in one file', async () => {
    const { code, stdout } = await run('{kinds.jsonl} --recipe {guide.yaml} --recipe {other.yaml}');
    expect(code).toBe(0);
    const objects = answersIn(stdout).map(({ response }) => response.body.object as string);
    expect(objects.toSorted()).toEqual(['response', 'text_completion']);
  });

  it('puts what failed into a file of its own, and exits with 1', async () => {
    const wrongs = '{wrong.jsonl} --recipe {guide.yaml}';
    const { code, stderr } = await run(`${wrongs} --output {out.jsonl} --errors {no.jsonl}`);
    expect([code, stderr]).toEqual([1, '1 of 3 requests failed: see {folder}/no.jsonl\n']);
    expect((await idsIn('out.jsonl')).toSorted()).toEqual(['a', 'c']);
    const [refusal] = answersIn(await readFile(at('no.jsonl'), 'utf8'));
    expect(refusal).toMatchObject({
      custom_id: 'wrong',
      response: { status_code: 400, body: { error: { param: 'temperature' } } },
    });
    // Without a file, on stderr.
    const piped = await run(wrongs);
    expect(piped.code).toBe(1);
    expect(piped.stderr).toMatch(/^wrong: 400 temperature.*\n1 of 3 requests failed\n$/);
    expect(answersIn(piped.stdout)).toHaveLength(2);
  });

  it('asks again for what failed alone, once it is mended', async () => {
    await run('{wrong.jsonl} --recipe {guide.yaml} --output {out.jsonl}');
    const before = await readFile(at('out.jsonl'), 'utf8');
    await writeFile(at('mended.jsonl'), linesOf(line('a'), line('wrong'), line('c')));
    expect((await run('{mended.jsonl} --recipe {guide.yaml} --output {out.jsonl}')).code).toBe(0);
    const after = await readFile(at('out.jsonl'), 'utf8');
    expect(after.startsWith(before)).toBe(true);
    expect(await idsIn('out.jsonl')).toHaveLength(3);
    expect(await isThere(at('out.errors.jsonl'))).toBe(false);
  });

  it('goes on where it was interrupted, and asks nothing twice', async () => {
    const many = Array.from({ length: 40 }, (_, i) => line(`item-${i}`));
    await writeFile(at('many.jsonl'), linesOf(...many));
    const command = '{many.jsonl} --recipe {guide.yaml} --output {out.jsonl} --parallel 2';
    const ending = new AbortController();
    const interrupted = run(command, { signal: ending.signal });
    const watch = setInterval(() => {
      void readFile(at('out.jsonl'), 'utf8').then(
        (text) => text.split('\n').length > 8 && ending.abort(new Error('enough')),
        () => {},
      );
    }, 1);
    const { code, stderr } = await interrupted;
    clearInterval(watch);
    expect(code).toBe(1);
    const kept = await idsIn('out.jsonl');
    expect(kept.length).toBeLessThan(40);
    expect(stderr).toContain(
      `${kept.length} of 40 items are done and kept in {folder}/out.jsonl: the same command goes on`,
    );
    await appendFile(at('out.jsonl'), '{"custom_id":"item-39","resp'); // as a crash leaves it
    expect((await run(command)).code).toBe(0);
    const ids = await idsIn('out.jsonl');
    expect(ids.slice(0, kept.length)).toEqual(kept);
    expect([ids.length, new Set(ids).size]).toEqual([40, 40]);
    const before = await readFile(at('out.jsonl'), 'utf8');
    expect((await run(command)).code).toBe(0);
    expect(await readFile(at('out.jsonl'), 'utf8')).toBe(before);
  });

  it('keeps a last answer that only lacks its end', async () => {
    await run(`${guide} --output {out.jsonl}`);
    const text = await readFile(at('out.jsonl'), 'utf8');
    await writeFile(at('out.jsonl'), text.slice(0, -1));
    expect((await run(`${guide} --output {out.jsonl}`)).code).toBe(0);
    expect(await readFile(at('out.jsonl'), 'utf8')).toBe(text);
  });

  it('ends when another process writes to its output', async () => {
    const many = Array.from({ length: 40 }, (_, i) => line(`item-${i}`));
    await writeFile(at('many.jsonl'), linesOf(...many));
    const command = '{many.jsonl} --recipe {guide.yaml} --output {out.jsonl}';
    const codes = await Promise.all([run(command), run(command)]);
    expect(codes.map(({ code }) => code)).toContain(1);
    expect(codes.map(({ stderr }) => stderr).join('')).toContain('Another process writes to');
    expect((await run(command)).code).toBe(0);
    const ids = await idsIn('out.jsonl');
    expect(new Set(ids).size).toBe(40);
  });

  it('writes to what is no file, too', async () => {
    const ended = await run(
      '{wrong.jsonl} --recipe {guide.yaml} --output /dev/null --errors {no.jsonl}',
    );
    expect(ended.code).toBe(1);
    expect(await isThere('/dev/null')).toBe(true);
  });

  it.each<[string, string, string]>([
    ['{three.jsonl}', '', '--recipe: name the recipe that answers, or a running server by --url'],
    ['--recipe {guide.yaml}', '', 'file: stdin has no request'],
    ['{missing.jsonl} --recipe {guide.yaml}', '', 'file: {folder}/missing.jsonl cannot be read'],
    [`${guide} --output {three.jsonl}`, '', 'three.jsonl has no answer in line 1'],
    [`${guide} --output {x/y}`, '', '--output: {folder}/x/y cannot be written'],
    [`${guide} --output {out.jsonl} --errors {out.jsonl}`, '', '--errors: answers go to'],
    [`${guide} --parallel 0`, '', '--parallel'],
    [
      '--recipe {guide.yaml} --recipe {other.yaml}',
      linesOf(line('a'), '{', line('a'), line('b', { body: { model: 'gide' } })),
      'file: stdin has lines that are no requests:\n' +
        '- Line 2: it is not JSON: Expected property name or',
    ],
  ])('refuses %s %#', async (args, input, message) => {
    const { code, stdout, stderr } = await run(args, { input });
    expect([code, stdout]).toEqual([2, '']);
    expect(stderr).toContain(message);
  });

  it('names each line at fault before anything is answered', async () => {
    const input = linesOf(line('a'), '{', line('a'), line('b', { body: { model: 'gide' } }));
    const { stderr } = await run('--recipe {guide.yaml} --recipe {other.yaml}', { input });
    expect(stderr).toMatch(
      /- Line 2: .*\n- Line 3: custom_id "a" is also that of line 1\.\n- Line 4: .*"gide".*guide.*\nNothing was answered/,
    );
  });

  it('refuses an output of other requests', async () => {
    await run(`${guide} --output {out.jsonl}`);
    const { code, stderr } = await run('--recipe {guide.yaml} --output {out.jsonl}', {
      input: line('z'),
    });
    expect([code, stderr]).toEqual([
      2,
      expect.stringMatching(
        /--output: .*out\.jsonl has an answer to "\w", which stdin does not ask/,
      ),
    ]);
  });

  it('draws how far it is on a terminal', async () => {
    const { stderr } = await run(`${guide} --output {out.jsonl}`, { columns: 80 });
    expect(stderr).toMatch(/answering.*0 of 3/);
    expect((await run(`${guide} --output {out.jsonl} --quiet`, { columns: 80 })).stderr).toBe('');
  });
});

describe('trimtab batch --url', () => {
  it('asks a running server, and says what it refuses', async () => {
    await using service = await createFakeService({ recipes: fakeWorld.recipes });
    await using server = await createServer({ service, keys: ['secret'] }).listen();
    const chat = { ...body, max_tokens: 20 };
    const input = linesOf(
      line('a', { body: chat }),
      wrong,
      line('c', { body: { ...body, model: 'no' } }),
    );
    const ask = (key: string) =>
      trimtab(['batch', '--url', server.url, '--key', key, '--quiet'], { input });
    const { code, stdout, stderr } = await ask('secret');
    expect(code).toBe(1);
    expect(answersIn(stdout)).toMatchObject([
      {
        custom_id: 'a',
        response: { request_id: expect.stringMatching(/./), body: { object: 'chat.completion' } },
      },
    ]);
    expect(stderr).toMatch(/^wrong: 400 temperature/m);
    expect(stderr).toMatch(/^c: 404 The model "no"/m);
    expect(await ask('none')).toMatchObject({ code: 1, stdout: '' });
  });

  it('says that nobody answers there', async () => {
    const { code, stderr } = await run('--url http://127.0.0.1:9', { input: line('a') });
    expect([code, stderr]).toEqual([1, expect.stringContaining('No server answers at')]);
  });
});
