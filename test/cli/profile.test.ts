import { statSync } from 'node:fs';
import { mkdtemp, readFile, rm, writeFile } from 'node:fs/promises';
import { tmpdir } from 'node:os';
import path from 'node:path';

import { afterAll, beforeAll, describe, expect, it } from 'vitest';

import { createLocalService } from '../../src/service/index.ts';
import { loadRecipe } from '../../src/index.ts';
import { createProfiles } from '../../src/profiles/index.ts';
import { createServer } from '../../src/server/index.ts';
import { openSqliteStore, storeFileName } from '../../src/store/index.ts';
import {
  hasTerminals,
  root,
  trimtab,
  trimtabOnTerminal,
  trimtabProcess,
  type RunOptions,
} from '../support/command.ts';

const recipe = path.join(root, 'recipes/atlas-profiles.yaml');
const question = 'Where was Mada Norrar born?';

let folder: string;

beforeAll(async () => {
  folder = await mkdtemp(path.join(tmpdir(), 'trimtab-profile-'));
});

afterAll(async () => {
  await rm(folder, { recursive: true });
});

const here = () => ['--data-dir', folder];
const profile = (...args: string[]) => trimtab(['profile', ...args, ...here()]);
const ofRecipe = (...args: string[]) => profile(...args, '--recipe', recipe);
const answer = async (...args: string[]) =>
  (await trimtab(['run', recipe, question, ...here(), ...args])).stdout;

interface Shown {
  readonly answers: number;
  readonly attributes: readonly { readonly name: string; readonly override: number | null }[];
}

interface Compared {
  readonly label: string;
  readonly text: string;
}

describe('trimtab profile', () => {
  it('learns from answers, keeps them over processes, and steers by them', async () => {
    expect(await ofRecipe('new', 'ann', '--name', 'Ann')).toMatchObject({
      code: 0,
      stdout: expect.stringContaining('trimtab profile ask ann --recipe'),
    });
    const nobody = await answer();
    expect(await answer('--profile', 'ann')).toBe(nobody);

    const asked = await ofRecipe('ask', 'ann', '--answers', '1,1,t,s,2', '--seed', '3');
    expect(asked).toMatchObject({ code: 0, stderr: '' });
    expect(asked.stdout).toMatch(/cheerful +soberness .*[●○].* cheerfulness/);
    expect(asked.stdout).toContain('goes on.');
    const shown = JSON.parse((await ofRecipe('show', 'ann', '--json')).stdout) as Shown;
    expect(shown).toMatchObject({ id: 'ann', name: 'Ann', answers: 5 });

    const set = await ofRecipe('set', 'ann', 'cheerful=3', 'brief=-2');
    expect(set.stdout).toMatch(/cheerful .*\+3\.00 \(set\)/);
    const cheerful = await answer('--profile', 'ann');
    expect(cheerful).not.toBe(nobody);
    expect(cheerful).toContain('Stoneford');
    expect(await answer('--profile', 'ann', '--reward-weight', '0')).toBe(nobody);
    const back = JSON.parse(
      (await ofRecipe('set', 'ann', 'cheerful=learned', '--json')).stdout,
    ) as Shown;
    expect(back.attributes.map(({ override }) => override)).toEqual([null, null, -2, null]);
  });

  it('goes from one folder to another, is reset, and is forgotten', async () => {
    await ofRecipe('new', 'bob');
    await ofRecipe('ask', 'bob', '--answers', '2,2', '--quiet');
    const document = (await profile('export', 'bob')).stdout;
    const file = path.join(folder, 'bob.json');
    await writeFile(file, document);
    const imported = await ofRecipe('import', 'robert', file);
    expect(imported).toMatchObject({ code: 0, stdout: expect.stringContaining('2 of about') });
    const listed = JSON.parse((await profile('list', '--json')).stdout) as { id: string }[];
    expect(listed.map(({ id }) => id)).toEqual(expect.arrayContaining(['bob', 'robert']));
    expect((await ofRecipe('reset', 'robert')).stdout).toContain('0 of about');
    expect(await profile('delete', 'robert')).toMatchObject({ code: 0 });
    expect(await ofRecipe('show', 'robert')).toMatchObject({
      code: 2,
      stderr: 'error: There is no profile "robert".\n',
    });
  });

  it('compares and explains answers without and with a profile', async () => {
    await ofRecipe('new', 'cleo');
    await ofRecipe('set', 'cleo', 'cheerful=4');
    const args = [recipe, question, '--profile', 'cleo', '--json', ...here()];
    const compare = async (...more: string[]) =>
      JSON.parse((await trimtab(['compare', ...args, ...more])).stdout).answers as Compared[];
    const answers = await compare();
    expect(answers.map(({ label }) => label)).toEqual([
      'large alone (base)',
      'styled alone (expert)',
      'for nobody in particular',
      'for cleo',
    ]);
    const [, , nobody, cleo] = answers;
    expect(cleo!.text).not.toBe(nobody!.text);
    expect((await compare('--values', '0.5,1')).at(-1)).toMatchObject({
      label: 'alpha 1',
      text: cleo!.text,
    });
    const explained = JSON.parse((await trimtab(['explain', ...args])).stdout) as Compared;
    expect(explained.text).toBe(cleo!.text);
  });

  it('makes folders that nobody else may read', async () => {
    const place = path.join(folder, 'new', 'data');
    expect((await trimtab(['profile', 'list', '--data-dir', place])).code).toBe(0);
    const modes = [place, path.dirname(place)].map((made) => statSync(made).mode & 0o777);
    expect(modes).toEqual([0o700, 0o700]);
  });

  it('says which process has the profiles', async () => {
    const file = path.join(folder, storeFileName);
    await using _ = await openSqliteStore({ file, now: Date.now });
    const { code, stderr } = await trimtabProcess(['profile', 'list', '--data-dir', folder]);
    expect(code).toBe(1);
    expect(stderr).toContain(`${file}: the process ${process.pid} uses it, and only one can`);
  });

  it('is for users of a server without keys, too', async () => {
    await ofRecipe('new', 'eve');
    await ofRecipe('set', 'eve', 'cheerful=3');
    const own = await answer('--profile', 'eve');
    const recipes = [await loadRecipe(recipe)];
    await using service = await createLocalService({ recipes });
    const file = path.join(folder, storeFileName);
    await using store = await openSqliteStore({ file, now: Date.now });
    const profiles = async () => createProfiles({ service, store, recipes });
    await using server = await createServer({ service, profiles }).listen();
    const remote = (user: string, ...more: string[]) =>
      trimtab(['run', 'atlas-profiles', question, '--url', server.url, '--profile', user, ...more]);
    expect((await remote('eve')).stdout).toBe(own);
    expect((await remote('nobody')).stderr).toMatch(/no profile "nobody"/);
    const misplaced = await remote('eve', ...here());
    expect(misplaced.code).toBe(2);
    expect(misplaced.stderr).toContain('--data-dir is for `trimtab serve`');
  });

  it.each([
    ['a user who is not there', ['run', recipe, 'x', '--profile', 'nobody'], /no profile "nobody"/],
    [
      'a recipe without profiles',
      ['run', path.join(root, 'recipes/atlas-chat.yaml'), 'x', '--profile', 'ann'],
      /no profiles: its `profile:` section/,
    ],
    [
      'an interview without a terminal',
      ['profile', 'ask', 'ann', '--recipe', recipe],
      /needs a terminal.*--answers/,
    ],
    [
      'an answer that is none',
      ['profile', 'ask', 'ann', '--recipe', recipe, '--answers', '1,3'],
      /first, second, tie, neither/,
    ],
    ['no recipe', ['profile', 'new', 'ann'], /--recipe/],
    [
      'an attribute that is not there',
      ['profile', 'set', 'cleo', 'funny=1', '--recipe', recipe],
      /no attribute funny. It has cheerful/,
    ],
    [
      'a model alone',
      ['run', recipe, 'x', '--profile', 'ann', '--only', 'large'],
      /--only and --profile/,
    ],
    ['a broken document', ['profile', 'import', 'x', recipe, '--recipe', recipe], /is not JSON/],
  ])('refuses %s', async (_, args, message) => {
    const { code, stdout, stderr } = await trimtab([...args, ...here()]);
    expect({ code, stdout }).toEqual({ code: 2, stdout: '' });
    expect(stderr.replaceAll(/\s+/g, ' ')).toMatch(message);
  });
});

describe('the interview on a terminal', () => {
  const why = hasTerminals ? '' : " (skipped: util-linux's script is not installed)";

  it.skipIf(!hasTerminals)(`keeps every answer until the user leaves${why}`, async () => {
    await ofRecipe('new', 'dora');
    const asking = ['profile', 'ask', 'dora', '--recipe', recipe, '--seed', '5', ...here()];
    const ask = (dialogue: RunOptions['dialogue'] = [], ...more: string[]) =>
      trimtabOnTerminal([...asking, ...more], { dialogue });
    const left = await ask([
      ['Question 1 of about', '1'],
      ['Question 2 of about', 't'],
      ['Question 3 of about', 'q'],
    ]);
    expect(left.code).toBe(0);
    expect(left.stdout).toContain('Every answer is kept');
    expect(left.stdout).toContain('\u001B[36m');
    const interrupted = await ask(
      [
        ['Question 3 of about', '2'],
        ['Question 4 of about', '\u0003'],
      ],
      '--no-color',
    );
    expect(interrupted.code).toBe(130);
    expect(interrupted.stdout).toContain('Every answer is kept');
    expect(interrupted.stdout).not.toContain('\u001B[36m');
    const shown = JSON.parse((await ofRecipe('show', 'dora', '--json')).stdout) as Shown;
    expect(shown.answers).toBe(3);
  });
});

describe('trimtab profile learn-basis', () => {
  it('learns reward functions that a recipe can use', async () => {
    const pairs = ['Certainly! He was born in Ashford.', 'Ashford.', 'He came from Ashford. Bye.'];
    const lines = Array.from({ length: 40 }, (_, i) => {
      const [first, second] = [pairs[i % 3]!, pairs[(i + 1) % 3]!];
      // Half of the users like the shorter one.
      const likesFirst = first.length < second.length === i % 4 < 2;
      return JSON.stringify({
        user: `u${i % 4}`,
        prompt: `Where was number ${Math.floor(i / 6)} born?`,
        first,
        second,
        outcome: likesFirst ? 'first' : 'second',
      });
    });
    const [data, output] = [path.join(folder, 'choices.jsonl'), path.join(folder, 'basis.json')];
    await writeFile(data, lines.join('\n'));
    const model = path.join(root, 'models/atlas-small.gguf');
    const flags = ['--model', model, '--output', output, '--dimensions', '1', '--names', 'short'];
    const learned = await trimtab(['profile', 'learn-basis', data, ...flags]);
    expect(learned).toMatchObject({ code: 0 });
    const basis = JSON.parse(await readFile(output, 'utf8')) as { names: string[] };
    expect(basis.names).toEqual(['short']);

    await writeFile(data, [...lines.slice(0, 3), '{"user": "u1"}'].join('\n'));
    const refused = await trimtab(['profile', 'learn-basis', data, ...flags]);
    expect(refused.code).toBe(2);
    expect(refused.stderr).toMatch(/:4/);
  });
});
